"""Watching the parts of a running pipeline and starting again what has ended, as Kubernetes would."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptostream_demo.pipeline import Pipeline, Server

_LOOK_SECONDS = 0.5
_RESTARTS = 5
_WITHIN_SECONDS = 300.0
_STATE_SECONDS = 2.0
# Settings that cannot be used, and a job that another one has superseded: a second start would end the same way.
_LASTING = {2, 3}


class Process(Protocol):
    """What servers and child processes have in common."""

    def running(self) -> bool: ...

    def exit_code(self) -> int | None: ...

    def tail(self, lines: int = ...) -> str: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """One part: its process, looked up anew each time, and how to start it again (None: it cannot be)."""

    name: str
    process: Callable[[], Process]
    restart: Callable[[], None] | None


class Supervisor:
    """Looks twice a second from a thread; ``ended`` is set when the run should end.

    ``failure`` says why when it should not have. ``report`` takes a sentence for the user.
    """

    def __init__(self, pipeline: Pipeline, ended: threading.Event, report: Callable[[str], None]) -> None:
        self.restarts: Counter[str] = Counter()
        self.failure: str | None = None
        self._pipeline = pipeline
        self._ended = ended
        self._report = report
        self._parts = watched_parts(pipeline)
        self._restarted: dict[str, deque[float]] = {part.name: deque() for part in self._parts}
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._asked_at = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No part is started again afterwards."""
        self._quit.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._quit.wait(_LOOK_SECONDS) and self.failure is None:
            for part in self._parts:
                if not part.process().running() and not self._quit.is_set():
                    self._revive(part)
            if self.failure is not None or self._recording_has_ended():
                self._ended.set()

    def _revive(self, part: Watched) -> None:
        status = part.process().exit_code()
        recent = self._restarted[part.name]
        while recent and recent[0] < time.monotonic() - _WITHIN_SECONDS:
            recent.popleft()
        if part.restart is None or status in _LASTING or len(recent) >= _RESTARTS:
            self.failure = f"{part.name} ended with status {status}:\n{part.process().tail(15)}"
            return
        recent.append(time.monotonic())
        self.restarts[part.name] += 1
        self._report(f"{part.name} ended with status {status} and is started again")
        try:
            part.restart()
        except (ChildProcessError, TimeoutError, OSError) as error:
            self._report(f"{part.name} did not start: {error}")

    def _recording_has_ended(self) -> bool:
        exchange = self._pipeline.exchange
        if self._pipeline.options.source.recording is None or exchange is None:
            return False
        if time.monotonic() - self._asked_at < _STATE_SECONDS:
            return False
        self._asked_at = time.monotonic()
        try:
            return exchange.has_ended()
        except OSError:
            return False


def watched_parts(pipeline: Pipeline) -> list[Watched]:
    """Servers before those who need them. A simulated exchange cannot start again: its clock would begin anew."""
    restarts = {"producer": pipeline.restart_producer, "job": pipeline.restart_job}
    servers = [_watched_server(name, server) for name, server in pipeline.servers.items()]
    return servers + [_watched_child(pipeline, name, restarts.get(name)) for name in pipeline.children]


def _watched_server(name: str, server: Server) -> Watched:
    return Watched(name, lambda: server, server.start)


def _watched_child(pipeline: Pipeline, name: str, restart: Callable[[], None] | None) -> Watched:
    return Watched(name, lambda: pipeline.children[name], restart)
