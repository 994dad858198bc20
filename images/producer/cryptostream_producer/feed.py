"""Keeps one subscribed connection alive: reconnects, rotates with an overlap, keeps to the attempt limits."""

import threading
from collections.abc import Callable
from time import monotonic

from cryptostream_model.logs import get_logger
from cryptostream_producer.backoff import Backoff, WindowBudget
from cryptostream_producer.connection import Connection
from cryptostream_producer.metrics import ProducerMetrics

_LOG = get_logger(__name__)
_LOOK_SECONDS = 0.05
_FIRST_DELAY = 0.25
_ATTEMPT_WINDOW = 300.0
_STABLE_SECONDS = 10.0
_OVERLAP_PATIENCE = 10.0

OpenConnection = Callable[[int], Connection]


class Feed:
    """Supervises connections on a thread of its own; ``open_connection`` makes the n-th one."""

    def __init__(
        self,
        open_connection: OpenConnection,
        metrics: ProducerMetrics,
        rotate_after: float,
        longest_delay: float,
        attempts: int,
    ) -> None:
        self._open_connection = open_connection
        self._metrics = metrics
        self._rotate_after = rotate_after
        self._backoff = Backoff(_FIRST_DELAY, longest_delay)
        self._attempts = WindowBudget(attempts, _ATTEMPT_WINDOW)
        self._current: Connection | None = None
        self._next: Connection | None = None
        self._retiring: list[tuple[Connection, float]] = []
        self._opened = 0
        self._try_at = 0.0
        self._failure = "not connected yet"
        self._failed_times = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End every connection; returns when they have ended or after a few seconds."""
        self._stopping.set()
        self._thread.join(5.0)

    def unready(self) -> str | None:
        """Why no connection delivers now; None when one does."""
        current = self._current
        if current is None:
            return f"exchange: {self._failure}"
        return None if current.subscribed else "exchange: connected, not subscribed yet"

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self._look(monotonic())
        connections = [self._current, self._next, *(connection for connection, _ in self._retiring)]
        for connection in filter(None, connections):
            connection.close()
        for connection in filter(None, connections):
            connection.join(2.0)

    def _look(self, now: float) -> None:
        self._end_retired(now)
        if self._next is not None and self._next.ended:
            self._failed(self._next, now)
            self._next = None
        if self._current is not None and self._current.ended:
            self._failed(self._current, now)
            self._current, self._next = self._next, None
        if self._next is not None and self._next.subscribed:
            self._switch(now)
        current = self._current
        if current is None:
            self._current = self._open("reconnect" if self._opened else "start", now)
        elif self._next is None:
            if current.subscribed and now - current.opened_at > _STABLE_SECONDS:
                self._backoff.succeeded()
            reason = self._replacement_reason(current, now)
            if reason is not None:
                self._next = self._open(reason, now)
        self._metrics.subscribed.set(self._current is not None and self._current.subscribed)

    def _replacement_reason(self, current: Connection, now: float) -> str | None:
        if current.shutdown_noticed:
            return "shutdown"
        if current.silent:
            return "silence"
        if current.subscribed and now - current.opened_at > self._rotate_after:
            return "rotation"
        return None

    def _switch(self, now: float) -> None:
        """The next connection delivers: let the current one confirm what it has delivered, then end."""
        old, self._current, self._next = self._current, self._next, None
        if old is None or self._current is None:
            return
        self._metrics.rotations.inc()
        _LOG.info("connection replaced", old=old.number, new=self._current.number)
        if old.silent:
            old.close()
        else:
            old.hand_over(self._current.number)
        self._retiring.append((old, now + _OVERLAP_PATIENCE))

    def _end_retired(self, now: float) -> None:
        for connection, deadline in self._retiring:
            if now > deadline:
                connection.close()
        self._retiring = [(connection, deadline) for connection, deadline in self._retiring if not connection.ended]

    def _open(self, reason: str, now: float) -> Connection | None:
        if now < self._try_at:
            return None
        wait = self._attempts.wait(1, now)
        if wait > 0:
            self._failure = f"{self._attempts.limit} connections opened in 5 minutes, the next in {wait:.0f} s"
            self._try_at = now + min(wait, 5.0)
            return None
        self._attempts.use(1, now)
        if self._current is not None:
            self._try_at = now + self._backoff.next_delay()
        self._opened += 1
        self._metrics.connections.labels(reason).inc()
        _LOG.info("opening connection", connection=self._opened, reason=reason)
        connection = self._open_connection(self._opened)
        connection.start()
        return connection

    def _failed(self, connection: Connection, now: float) -> None:
        self._failure = connection.failure or "the connection ended"
        self._metrics.connection_failures.inc()
        self._try_at = max(self._try_at, now + self._backoff.next_delay())
        _LOG.warning("connection lost", connection=connection.number, reason=self._failure)
