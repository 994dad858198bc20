"""A simulated exchange in a process of its own."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

from cryptostream_simulator.settings import ENV_PREFIX

_READY_WITHIN = 30.0


class RunningSimulator:
    """Starts the simulator on a free port and waits until it serves.

    Settings are keyword arguments named as SimulatorSettings' fields, written as a user would:
    ``symbols="BTCUSDT:50"``, ``speed=20``, ``history="10m"``, ``events="BTCUSDT:halt@5s"``, ``tape=path``,
    ``ping_interval="200ms"``. ``command`` is what Python runs.
    """

    def __init__(self, command: Sequence[str] = ("-m", "cryptostream_simulator"), **settings: object) -> None:
        chosen = {"port": 0, **settings}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
        environment |= {f"{ENV_PREFIX}{name.upper()}": str(value) for name, value in chosen.items()}
        self._log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.ready = self._ready_line()
        self.port: int = self.ready["port"]
        self.ws: str = self.ready["ws"]
        self.rest: str = self.ready["rest"]
        self._http = httpx.Client(base_url=self.rest, timeout=30, trust_env=False)

    def fault(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask for a fault; returns it as the simulator took it (with its id, and ``next`` turned into ids)."""
        fault: dict[str, Any] = self._answer(self._http.post("/admin/faults", json=request))
        return fault

    def faults(self) -> dict[str, Any]:
        """Active faults and counts of what was done: ``{"active": [...], "done": {kind: times}}``."""
        faults: dict[str, Any] = self._answer(self._http.get("/admin/faults"))
        return faults

    def clear_faults(self, number: int | None = None) -> None:
        """End all faults, or the one with this id."""
        self._answer(self._http.delete("/admin/faults", params={} if number is None else {"id": number}))

    def state(self) -> dict[str, Any]:
        """``now`` and ``liveStart`` in UTC microseconds, speed, symbols with lastId, connections, sent counts."""
        state: dict[str, Any] = self._answer(self._http.get("/admin/state"))
        return state

    def labels(self) -> list[dict[str, Any]]:
        """Events: type, symbol, start and end in UTC microseconds, size."""
        labels: list[dict[str, Any]] = self._answer(self._http.get("/admin/labels"))
        return labels

    def tape(
        self, symbol: str, from_id: int | None = None, to_id: int | None = None, feed: str = "aggTrade"
    ) -> list[dict[str, Any]]:
        """What was truly traded up to now: id, price, quantity, fills, time (UTC microseconds), side."""
        bounds = {name: value for name, value in (("fromId", from_id), ("toId", to_id)) if value is not None}
        answer = self._http.get("/admin/tape", params={"symbol": symbol, "feed": feed, **bounds})
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]

    def log(self) -> str:
        """What it has written to standard error."""
        return Path(self._log.name).read_text()

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def stop(self) -> int:
        """End it in order; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self._ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def _ended(self) -> int:
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._http.close()
            if self.process.stdout is not None:
                self.process.stdout.close()

    def _ready_line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        deadline = time.monotonic() + _READY_WITHIN
        readable, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            status = self.process.wait()
            self.process.stdout.close()
            raise RuntimeError(f"the simulator did not start (status {status}):\n{self.log()}")
        ready: dict[str, Any] = json.loads(line)
        return ready

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        if response.is_error:
            raise RuntimeError(f"{response.request.method} {response.request.url.path}: {response.text}")
        return response.json()
