"""Rate limits, pure in their clock: REST requests, connection attempts, messages of a connection."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Protocol

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a REST call: its weight counted this minute; status 200, 429 or 418; seconds to wait."""

    used: int
    status: int
    retry_after: int = 0


class RequestLimiter(Protocol):
    """Counts REST requests by address."""

    def charge(self, address: str, weight: int) -> Verdict: ...


class ConnectionLimit(Protocol):
    """Counts connection attempts or messages."""

    def allows(self) -> bool:
        """Count an event; False if it is one too many."""
        ...


@dataclass(slots=True)
class _Account:
    minute: int = -1
    used: int = 0
    ignored: int = 0
    banned_until: float = 0.0


class WeightLimiter:
    """Weight by address and minute of real time. Who goes on calling in spite of 429 is banned (418)."""

    def __init__(self, limit: int, ban_after: int, ban_seconds: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._ban_after = ban_after
        self._ban_seconds = ban_seconds
        self._clock = clock
        self._accounts: dict[str, _Account] = {}

    def charge(self, address: str, weight: int) -> Verdict:
        """Count a call."""
        now = self._clock()
        account = self._accounts.setdefault(address, _Account())
        if now < account.banned_until:
            return Verdict(account.used, 418, ceil(account.banned_until - now))
        if account.minute != int(now // _MINUTE):
            account.minute, account.used, account.ignored = int(now // _MINUTE), 0, 0
        account.used += weight
        if account.used <= self._limit:
            return Verdict(account.used, 200)
        account.ignored += 1
        if account.ignored > self._ban_after:
            account.banned_until = now + self._ban_seconds
            return Verdict(account.used, 418, ceil(self._ban_seconds))
        return Verdict(account.used, 429, ceil((account.minute + 1) * _MINUTE - now) or 1)


class SlidingLimit:
    """At most ``limit`` events within ``seconds``."""

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._times: deque[float] = deque()

    def allows(self) -> bool:
        """Count an event; False if it is one too many."""
        now = self._clock()
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        self._times.append(now)
        return len(self._times) <= self._limit


class TokenBucket:
    """``rate`` events a second, ``burst`` at once: the bucket starts full, and what is refused takes nothing."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled = clock()

    def allows(self) -> bool:
        """Take a token; False if there is none."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class BucketLimiter:
    """A token bucket by address; every request weighs one token."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._new: Callable[[], TokenBucket] = lambda: TokenBucket(rate, burst, clock)
        self._buckets: dict[str, TokenBucket] = {}

    def charge(self, address: str, weight: int) -> Verdict:  # noqa: ARG002
        """Count a request."""
        if address not in self._buckets:
            self._buckets[address] = self._new()
        return Verdict(0, 200 if self._buckets[address].allows() else 429)
