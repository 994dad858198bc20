"""The exchange's own time."""

import time
from collections.abc import Callable


def host_microseconds() -> int:
    """The host's time, UTC microseconds."""
    return time.time_ns() // 1000


class ExchangeClock:
    """Runs from ``origin`` (UTC microseconds) at ``speed`` times real time, whatever is done to the host's clock.

    ``elapsed``: real microseconds since then.
    """

    def __init__(
        self, origin: int, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic, elapsed: int = 0
    ) -> None:
        self.origin = origin
        self.speed = speed
        self._monotonic = monotonic
        self._started = monotonic() - elapsed / 1e6

    def now(self) -> int:
        """UTC microseconds."""
        return self.origin + int((self._monotonic() - self._started) * self.speed * 1e6)
