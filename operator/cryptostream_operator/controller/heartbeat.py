"""Whether the operator gets on: its event loop, its workers, its resync."""

import threading
from collections.abc import Callable
from datetime import timedelta


class Heartbeat:
    """Takes signs of life and says what is stuck. Safe to use from several threads; the clock counts seconds."""

    def __init__(self, clock: Callable[[], float], stuck_after: timedelta) -> None:
        self._clock = clock
        self._stuck_after = stuck_after.total_seconds()
        self._lock = threading.Lock()
        self._beats: dict[str, float] = {}
        self._busy: dict[int, float] = {}
        self._workers = 0

    def expect(self, *names: str, workers: int = 0) -> None:
        """Signs that must come from now on, and the number of workers."""
        with self._lock:
            self._beats = dict.fromkeys(names, self._clock())
            self._workers = workers

    def beat(self, name: str) -> None:
        """A sign of life."""
        with self._lock:
            self._beats[name] = self._clock()

    def busy(self, worker: int) -> None:
        """A worker has begun."""
        with self._lock:
            self._busy[worker] = self._clock()

    def idle(self, worker: int) -> None:
        """A worker has ended."""
        with self._lock:
            self._busy.pop(worker, None)

    def problem(self) -> str | None:
        """What is stuck, None when nothing is."""
        now = self._clock()
        with self._lock:
            for name, at in self._beats.items():
                if now - at > self._stuck_after:
                    return f"no sign of the {name} for {now - at:.0f} s"
            stuck = [at for at in self._busy.values() if now - at > self._stuck_after]
            if self._workers and len(stuck) == self._workers:
                return f"all {self._workers} workers have been stuck for {now - max(stuck):.0f} s"
        return None
