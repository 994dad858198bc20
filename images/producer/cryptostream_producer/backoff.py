"""When to try again: pure decisions, the caller owns the clock (seconds, monotonic)."""

import random
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Capped exponential delays with jitter: the n-th is between half and all of ``first * 2**n``, at most ``cap``."""

    first: float
    cap: float
    jitter: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def next_delay(self) -> float:
        """Seconds to wait before the next try."""
        delay = min(self.cap, self.first * 2.0 ** min(self.failures, 32))
        self.failures += 1
        return delay * self.jitter.uniform(0.5, 1.0)

    def succeeded(self) -> None:
        self.failures = 0


class WindowBudget:
    """At most ``limit`` units of use in any ``window`` seconds."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self.window = window
        self._uses: deque[tuple[float, int]] = deque()
        self._used = 0

    def used(self, now: float) -> int:
        """Units used in the window that ends now."""
        while self._uses and self._uses[0][0] <= now - self.window:
            self._used -= self._uses.popleft()[1]
        return self._used

    def wait(self, units: int, now: float) -> float:
        """Seconds until ``units`` may be used, 0 when they may now; more than the limit waits for an empty window."""
        excess = self.used(now) + min(units, self.limit) - self.limit
        if excess <= 0:
            return 0.0
        for at, used in self._uses:
            excess -= used
            if excess <= 0:
                return at + self.window - now
        return self.window

    def use(self, units: int, now: float) -> None:
        self._uses.append((now, units))
        self._used += units

    def observe(self, used: int, now: float) -> None:
        """The exchange counts ``used`` units: what exceeds our own count was used by others behind the same address."""
        others = used - self.used(now)
        if others > 0:
            self.use(others, now)
