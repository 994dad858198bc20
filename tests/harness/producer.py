"""A producer in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from harness.waiting import until

_PORT = re.compile(r'"metrics_port": ?(\d+)')


class RunningProducer:
    """Starts ``python -m cryptostream_producer`` with settings named as ProducerSettings' fields.

    ``RunningProducer(name="s1", kafka_bootstrap=broker.bootstrap, symbols="BTCUSDT", rest_url=simulator.rest, ...)``
    """

    def __init__(self, **settings: object) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CRYPTOSTREAM_")}
        given = {"metrics_port": 0, **settings}
        environment |= {f"CRYPTOSTREAM_{name.upper()}": str(value) for name, value in given.items()}
        self._log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cryptostream_producer"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def log(self) -> str:
        """What it has written so far."""
        return Path(self._log.name).read_text()

    def port(self) -> int:
        """The port of its metrics, once it serves them."""
        found = until(lambda: _PORT.search(self.log()) or self.process.poll() is not None, "the producer's port")
        if not isinstance(found, re.Match):
            raise AssertionError(f"the producer ended with {self.process.returncode}:\n{self.log()}")  # noqa: TRY004
        return int(found[1])

    def unready(self) -> str:
        """The body of /readyz: ``ok``, or the reasons."""
        return self._get("/readyz").text.strip()

    def healthy(self) -> bool:
        return self._get("/healthz").status_code == 200

    def wait_ready(self, timeout: float = 90.0) -> Self:
        self.wait_for_readiness("^ok$", timeout)
        return self

    def wait_for_readiness(self, pattern: str, timeout: float = 60.0) -> str:
        """Wait until /readyz says something that matches; returns it."""
        self.port()
        return until(
            lambda: (text := self.unready()) if re.search(pattern, self.unready()) else "",
            f"readiness {pattern!r} (now: {self.unready()!r})",
            timeout,
        )

    def metrics(self) -> dict[str, float]:
        """Samples by name, with labels as in ``name{partition="0"}``; every sample is also added up under its name."""
        samples: dict[str, float] = {}
        for family in text_string_to_metric_families(self._get("/metrics").text):
            for sample in family.samples:
                name = sample.name.removeprefix("cryptostream_producer_")
                samples[name] = samples.get(name, 0.0) + sample.value
                if sample.labels:
                    labels = ",".join(f'{label}="{value}"' for label, value in sorted(sample.labels.items()))
                    samples[f"{name}{{{labels}}}"] = sample.value
        return samples

    def metric(self, name: str) -> float:
        return self.metrics().get(name, 0.0)

    def memory(self) -> int:
        """Resident bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, timeout: float = 20.0) -> int:
        """End it in order; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.exit_code(timeout)

    def exit_code(self, timeout: float = 20.0) -> int:
        """Wait for it to end by itself."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the producer did not end within {timeout:.0f} s:\n{self.log()}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        if error is not None:
            print(self.log())

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port()}{path}", timeout=10, trust_env=False)
