"""A one-node Kafka broker (KRaft) as a child process."""

import base64
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from cryptostream_local.jars import jars
from cryptostream_local.java import java_environment, java_home
from cryptostream_local.ports import LOOPBACK, free_port, wait_for_port
from cryptostream_local.process import ChildProcess

_ONE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "default.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Two partitions are plenty for one node; the default of 50 makes 50 folders and slows the start.
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.num.partitions": "4",
    "auto.create.topics.enable": "false",
    # Abandoned transactions of killed writers are aborted within two seconds of their timeout.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "2000",
    # Retention is applied soon enough to be seen in a short run.
    "log.retention.check.interval.ms": "10000",
}


class Broker:
    """Starts, stops, kills and restarts a broker on fixed ports over one data folder."""

    def __init__(
        self,
        directory: Path,
        settings: Mapping[str, str] | None = None,
        heap: str = "512m",
        port: int | None = None,
    ) -> None:
        """``port`` None takes a free one."""
        self.directory = directory
        self.port = port or free_port()
        self.controller_port = free_port()
        self._settings = dict(settings or {})
        self._heap = heap
        self._process: ChildProcess | None = None

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        return self._started().pid

    def start(self, timeout: float = 60.0) -> None:
        """Start and wait until the broker answers. Raises TimeoutError or ChildProcessError with its last log lines."""
        self.directory.mkdir(parents=True, exist_ok=True)
        properties = self.directory / "server.properties"
        properties.write_text("".join(f"{key}={value}\n" for key, value in self._configuration().items()))
        classpath = os.pathsep.join(str(jar) for jar in jars("broker"))
        java = [
            str(java_home() / "bin" / "java"),
            f"-Xmx{self._heap}",
            "-Xms256m",
            "-XX:+UseSerialGC",
            "-cp",
            classpath,
        ]
        environment = java_environment()
        if not (self.directory / "data" / "meta.properties").exists():
            # An id that begins with "-" would be read as an option: the first bit of the first byte is kept clear.
            identity = uuid.uuid4().bytes
            cluster = base64.urlsafe_b64encode(bytes([identity[0] & 0x7F]) + identity[1:]).decode().rstrip("=")
            subprocess.run(
                [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)],
                check=True,
                capture_output=True,
                env=environment,
            )
        self._process = ChildProcess(
            [*java, "kafka.Kafka", str(properties)], self.directory / "broker.log", environment
        )
        self._process.start()
        try:
            wait_for_port(self.port, self._process.running, timeout)
        except (TimeoutError, ChildProcessError) as error:
            raise type(error)(f"Kafka broker: {error}\n{self._process.tail()}") from None

    def stop(self) -> None:
        """A clean shutdown, which takes about a second."""
        if self._process is not None:
            self._process.stop(20.0)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def pause(self) -> None:
        self._started().send(signal.SIGSTOP)

    def resume(self) -> None:
        self._started().send(signal.SIGCONT)

    def running(self) -> bool:
        return self._process is not None and self._process.running()

    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.exit_code()

    def tail(self, lines: int = 15) -> str:
        """The log's last lines."""
        return "" if self._process is None else self._process.tail(lines)

    def _started(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError("the broker was not started")
        return self._process

    def _configuration(self) -> dict[str, str]:
        return {
            **_ONE_NODE,
            "controller.quorum.voters": f"1@{LOOPBACK}:{self.controller_port}",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self.port}",
            "log.dirs": str(self.directory / "data"),
            **self._settings,
        }
