"""Files of other projects, from their Go modules at test time: never copied into this one."""

import json
import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

_INSTALLED = "/usr/local/go/bin"


@lru_cache
def go_module(module: str, version: str) -> Path:
    """The folder of a module's version. Skips where there is no Go or the module is not to be had."""
    go = shutil.which("go") or shutil.which("go", path=_INSTALLED)
    if go is None:
        pytest.skip(f"needs Go on PATH, to get {module}")
    command = [go, "mod", "download", "-json", f"{module}@{version}"]
    try:
        finished = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
            env={**os.environ, "GO111MODULE": "on"},
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{module} {version} was not to be had in two minutes")
    told = json.loads(finished.stdout) if finished.stdout else {}
    if finished.returncode != 0 or "Dir" not in told:
        pytest.skip(f"{module} {version} is not to be had: {told.get('Error') or finished.stderr.strip()}")
    return Path(told["Dir"])
