"""The Spark job in a process of its own."""

import sys
from pathlib import Path

import httpx

from cryptostream_local.jars import jars
from cryptostream_local.java import java_environment
from cryptostream_local.ports import free_port
from cryptostream_local.process import ChildProcess
from cryptostream_model.streams import StreamName
from harness.waiting import until

SHORT = {"pane": "2s", "slide": "2s", "window": "8s", "allowed_lateness": "1s"}
"""Lengths for tests: windows of 8 s by 2 s."""


class RunningJob:
    """Starts the job with CRYPTOSTREAM_* settings given as keyword arguments, and signals it.

    ``start`` may be called again after ``stop`` or ``kill``: the same checkpoint and database go on.
    """

    def __init__(self, stream: StreamName, bootstrap: str, database_url: str, folder: Path, **settings: object) -> None:
        self.port = free_port()
        self.folder = folder
        self.checkpoint = folder / "checkpoint"
        self.stop_file = folder / "stop"
        chosen = {
            "namespace": stream.namespace,
            "name": stream.name,
            "kafka_bootstrap": bootstrap,
            "database_url": database_url,
            "checkpoint": self.checkpoint,
            "stop_file": self.stop_file,
            "metrics_port": self.port,
            "spark_master": "local[2]",
            "spark_jars": ":".join(str(jar) for jar in jars("spark")),
            "driver_memory": "900m",
            # A job that lives for seconds never earns back what the second compiler takes: a fifth of the test's time.
            "spark_java_options": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
            "log_format": "text",
            **SHORT,
            **settings,
        }
        self.environment = {f"CRYPTOSTREAM_{name.upper()}": str(value) for name, value in chosen.items()}
        base = {name: value for name, value in java_environment().items() if not name.startswith("CRYPTOSTREAM_")}
        folder.mkdir(parents=True, exist_ok=True)
        self.process = ChildProcess(
            [sys.executable, "-m", "cryptostream_job"],
            folder / "job.log",
            {**base, **self.environment, "PYSPARK_PYTHON": sys.executable},
            directory=folder,
        )

    def start(self) -> "RunningJob":
        self.stop_file.unlink(missing_ok=True)
        self.process.start()
        return self

    def wait_ready(self, timeout: float = 90.0) -> "RunningJob":
        """Wait until the query runs."""
        until(self.ready, lambda: f"the job to be ready; its log ends:\n{self.log()}", timeout)
        return self

    def alive(self) -> bool:
        """True, or a failure with the job's last words."""
        assert self.process.running(), f"the job has ended with {self.process.exit_code()}:\n{self.log()}"
        return True

    def ready(self) -> bool:
        self.alive()
        return self.probe("/readyz") == (200, "ok")

    def probe(self, path: str) -> tuple[int, str]:
        """Status and text of a probe; (0, "") while nothing listens."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5, trust_env=False)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text.strip()

    def metric(self, name: str) -> float:
        """A sample's value by its full name with labels; 0 when it is not there."""
        _, text = self.probe("/metrics")
        lines = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(lines[0].rsplit(" ", 1)[1]) if lines else 0.0

    def kill(self) -> None:
        """SIGKILL to Python and the JVM."""
        self.process.kill()

    def stop(self, timeout: float = 60.0) -> int:
        """Ask by the stop file, as preStop does; returns the exit code."""
        self.stop_file.touch()
        return self.process.wait(timeout)

    def log(self, lines: int = 60) -> str:
        return self.process.tail(lines)

    def __enter__(self) -> "RunningJob":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.running():
            self.process.kill()
