"""TimescaleDB in WebAssembly, served on a port by Node.js (tests/timescale)."""

import subprocess
import sys
import uuid
from pathlib import Path

from harness.node_packages import installed, node

_SOURCE = Path(__file__).resolve().parents[1] / "timescale"


def installed_server() -> Path:
    """The server script in a cache folder with its packages installed."""
    return installed(_SOURCE) / "server.mjs"


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
