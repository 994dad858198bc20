"""The operator as a process of its own, on the test cluster."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from harness.waiting import until

WRITES = frozenset({"patch", "post", "delete"})


class OperatorProcess:
    """``python -m cryptostream_operator`` for one namespace, or for all of them where none is given."""

    def __init__(self, namespace: str | None, environment: Mapping[str, str] | None = None, **settings: str) -> None:
        chosen = {
            "namespaces": namespace or "",
            "port": "0",
            "readings": "off",
            "not_watched_after": "3s",
            "discovery_interval": "2s",
            **settings,
        }
        variables = {f"CRYPTOSTREAM_OPERATOR_{name.upper()}": value for name, value in chosen.items()}
        self._environment = {**os.environ, **variables, **(environment or {})}
        self.lines: list[dict[str, Any]] = []
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "OperatorProcess":
        """Start, also after an end, and wait until everything has been listed."""
        self.launch()
        try:
            until(lambda: self.page("/readyz") == "ok\n", lambda: f"the operator to be ready: {self.lines[-5:]}")
        except BaseException:
            self.kill()
            raise
        return self

    def launch(self) -> None:
        """Start without waiting for anything."""
        self.lines = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cryptostream_operator"], env=self._environment, stderr=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def stop(self) -> float:
        """End it as Kubernetes does. Returns the seconds that it took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.terminate()
        self._process.wait(timeout=30)
        return time.monotonic() - began

    def kill(self) -> None:
        """End it without any warning."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=10)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def requests(self, verbs: frozenset[str] | None = None, kinds: frozenset[str] | None = None) -> int:
        """Requests to the API server so far."""
        return sum(
            int(value)
            for labels, value in self._samples("cryptostream_operator_requests_total")
            if (verbs is None or labels["verb"] in verbs) and (kinds is None or labels["kind"] in kinds)
        )

    def requests_answered(self, code: str) -> int:
        """Requests that were answered with an HTTP status."""
        samples = self._samples("cryptostream_operator_requests_total")
        return sum(int(value) for labels, value in samples if labels["code"] == code)

    def moves_within(self, seconds: float) -> bool:
        """Whether it writes anything in a while: the absence of something can only be waited for."""
        before = self.requests(WRITES)
        time.sleep(seconds)
        return self.requests(WRITES) != before

    def looks(self) -> int:
        """How often a stream was looked at."""
        return sum(int(value) for _, value in self._samples("cryptostream_operator_reconcile_seconds_count"))

    def resident_bytes(self) -> int:
        """Memory in use."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self) -> float:
        """Processor time used so far: unlike time, it does not depend on what else the machine does."""
        assert self._process is not None
        spent = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of an event."""
        return [line for line in self.lines if line.get("event") == event]

    def _samples(self, name: str) -> Iterator[tuple[Mapping[str, str], float]]:
        for family in text_string_to_metric_families(self.page("/metrics")):
            for sample in family.samples:
                if sample.name == name:
                    yield sample.labels, sample.value

    def page(self, page: str) -> str:
        """The text of /healthz, /readyz or /metrics, empty without an answer or with a bad one."""
        started = self.logged("started")
        if not started:
            return ""
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{started[0]['port']}{page}") as answer,
        ):
            return str(answer.read().decode())
        return ""

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            with contextlib.suppress(ValueError):
                self.lines.append(json.loads(line))
                continue
            self.lines.append({"event": line.rstrip()})
