"""A child process with a log file, in a process group of its own."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class ChildProcess:
    """Starts, signals and ends one program with everything that it started itself."""

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: int | None = None,
        directory: Path | None = None,
    ) -> None:
        self.arguments = list(arguments)
        self.log = log
        self._environment = dict(environment) if environment is not None else None
        self._user = user
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._directory,
                user=self._user,
                group=self._user,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.arguments[0]} was not started")
        return self._process.pid

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def send(self, number: int) -> None:
        """Signal the whole group; nothing happens when it has ended."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    def stop(self, timeout: float = 15.0, number: int = signal.SIGTERM) -> int:
        """Ask the process to end, kill its group after the timeout (seconds); returns the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self.send(signal.SIGKILL)
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL to the whole group, then reap."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def wait(self, timeout: float) -> int:
        """Wait for the end (seconds). Raises subprocess.TimeoutExpired."""
        if self._process is None:
            raise RuntimeError(f"{self.arguments[0]} was not started")
        return self._process.wait(timeout)

    def tail(self, lines: int = 40) -> str:
        """The log's last lines."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""
