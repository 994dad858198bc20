"""When to send which barrier: a ping whose pong proves that all the exchange had sent before it is delivered. Pure.

Event times are in order within a connection, and a trade reaches the stream within the settle time of its own time. So
once a time was reached, the settle time has passed, and a pong has come back after that, every trade up to that time is
delivered.
"""

from dataclasses import dataclass

from cryptostream_producer.exchange_time import TimeReading


@dataclass(frozen=True, slots=True)
class Barrier:
    """What the pong of ``payload`` proves: a time (UTC microseconds) is reached, or ``successor`` may take over."""

    payload: bytes
    time: int | None
    successor: int | None


class BarrierCycle:
    """Seconds of the monotonic clock; ``progress`` between two cycles, ``settle`` for a trade to reach the stream."""

    def __init__(self, progress: float, settle: float) -> None:
        self._progress = progress
        self._settle = settle
        self._cycle_at = 0.0
        self._event_time_used = 0
        self._candidate: tuple[int, float] | None = None
        self._handover_at: float | None = None
        self._outstanding: Barrier | None = None
        self._sent = 0

    @property
    def waiting(self) -> bool:
        """A barrier's pong has not come yet."""
        return self._outstanding is not None

    def next(self, now: float, event_time: int, reading: TimeReading | None, successor: int | None) -> Barrier | None:
        """The barrier to send now. ``event_time`` is the connection's highest, ``reading`` the exchange's time.

        The time is the connection's event time where that has moved since the last cycle, otherwise the reading.
        """
        if self.waiting:
            return None
        if successor is not None:
            if self._handover_at is None:
                self._handover_at = now + self._settle
            return self._send(None, successor) if now >= self._handover_at else None
        if self._candidate is not None:
            time, ready_at = self._candidate
            if now < ready_at:
                return None
            self._candidate = None
            return self._send(time, None)
        self._pick(now, event_time, reading)
        return None

    def wants_reading(self, now: float, event_time: int, reading: TimeReading | None) -> bool:
        """A new cycle can only begin with a newer reading of the exchange's time."""
        idle = not self.waiting and self._candidate is None and now >= self._cycle_at
        return idle and event_time <= self._event_time_used and not self._is_recent(reading, now)

    def returned(self, payload: bytes) -> Barrier | None:
        """The barrier that this pong belongs to."""
        barrier = self._outstanding
        if barrier is None or barrier.payload != payload:
            return None
        self._outstanding = None
        return barrier

    def _pick(self, now: float, event_time: int, reading: TimeReading | None) -> None:
        if now < self._cycle_at:
            return
        if event_time > self._event_time_used:
            self._event_time_used = event_time
            self._candidate = (event_time, now + self._settle)
        elif reading is not None and self._is_recent(reading, now):
            self._candidate = (reading.time, now + self._settle)
        else:
            return
        self._cycle_at = now + self._progress

    def _is_recent(self, reading: TimeReading | None, now: float) -> bool:
        return reading is not None and now - reading.read_at <= self._progress / 2

    def _send(self, time: int | None, successor: int | None) -> Barrier:
        self._sent += 1
        self._outstanding = Barrier(b"%d" % self._sent, time, successor)
        return self._outstanding
