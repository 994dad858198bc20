"""The commands that the README tells its readers to type, as they stand there."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_README = Path(__file__).resolve().parents[2] / "README.md"
_BLOCK = re.compile(r"<!-- tested: (?P<name>[a-z ]+) -->\n+```\w*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    """The fenced blocks that a comment ``<!-- tested: NAME -->`` stands before, by that name."""
    return {found["name"]: found["text"] for found in _BLOCK.finditer(_README.read_text())}


def type_commands(text: str, folder: Path, environment: Mapping[str, str] | None = None, timeout: float = 900) -> str:
    """Run a block as a shell script in a folder. Returns what it printed; fails with it unless all commands succeed."""
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert finished.returncode == 0, f"{text}\nended with {finished.returncode}:\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout
