"""A recording under way, in a process of its own."""

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.simulator import RunningSimulator
from harness.waiting import until


class RunningRecorder:
    """``RunningRecorder(path, simulator, "--symbols", "BTCUSDT")``: settings as keywords, named as the producer's."""

    def __init__(self, path: Path, exchange: RunningSimulator, *options: str, **settings: object) -> None:
        self.path = path
        base = {name: value for name, value in os.environ.items() if not name.startswith("CRYPTOSTREAM_")}
        given = {"websocket_url": exchange.ws, "rest_url": exchange.rest, "heal_retry": "100ms", **settings}
        self._log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cryptostream_recorder", "record", str(path), "--json", *options],
            env={**base, **{f"CRYPTOSTREAM_{name.upper()}": str(value) for name, value in given.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def log(self) -> str:
        """Its progress and what it complains of."""
        return Path(self._log.name).read_text()

    def wait_for_trades(self, exchange: RunningSimulator, number: int = 10) -> Self:
        """Wait until the exchange has sent so many more events than now, with the recorder connected."""
        until(lambda: self._alive() and exchange.state()["connections"], "the recorder to connect")
        sent = sum(exchange.state()["sent"].values())
        until(lambda: sum(exchange.state()["sent"].values()) >= sent + number, f"{number} trades")
        return self

    def stop(self) -> dict[str, Any]:
        """End it as Ctrl-C does; returns its summary."""
        self.process.send_signal(signal.SIGINT)
        return self.summary()

    def summary(self, timeout: float = 60.0) -> dict[str, Any]:
        """Wait until it ends by itself."""
        output, _ = self.process.communicate(timeout=timeout)
        assert self.process.returncode == 0, self.log()
        summary: dict[str, Any] = json.loads(output)
        return summary

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _alive(self) -> bool:
        assert self.process.poll() is None, self.log()
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()


def recorded_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a whole recording."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
