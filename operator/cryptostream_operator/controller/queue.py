"""The queue of streams to be looked at: each at most once, never by two workers, later after failures."""

import asyncio
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 300.0


@dataclass(slots=True)
class Backoff:
    """Delays in seconds that double from try to try, each with a random half taken off at most."""

    first: float = FIRST_BACKOFF
    longest: float = LONGEST_BACKOFF
    random_part: Callable[[], float] = random.random

    def delay(self, failures: int) -> float:
        """The delay after so many failures in a row, from 1 on."""
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 32))
        return full * (1 - self.random_part() / 2)


@dataclass(slots=True)
class _Entry:
    due: float | None = None
    """When it is to be handed out, None when it is not."""
    active: bool = False
    failures: int = 0


class WorkQueue(Generic[K]):
    """Keys with the moment at which each is due. Only used from one event loop.

    A key that is added again while it waits is handed out once, at the earlier moment; one that is added while it is
    being worked on is handed out again afterwards.
    """

    def __init__(self, clock: Callable[[], float], backoff: Backoff | None = None) -> None:
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._entries: dict[K, _Entry] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0
        self._changed = asyncio.Event()

    def add(self, key: K, delay: float = 0.0) -> None:
        """Hand a key out after a delay in seconds, unless it is due earlier already. After a failure news cut the wait
        short, but not below the first delay."""
        entry = self._entries.setdefault(key, _Entry())
        due = self._clock() + (max(delay, self._backoff.first) if entry.failures else delay)
        if entry.due is None or due < entry.due:
            entry.due = due
            self._push(key, entry)

    def take(self) -> K | None:
        """A key that is due and not being worked on, None when there is none. It must be given back by ``done``."""
        now = self._clock()
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            # Moments that were overtaken by earlier ones, or wait for a worker, stay behind in the heap.
            if entry is None or entry.active or entry.due != due:
                continue
            entry.due, entry.active = None, True
            return key
        return None

    async def get(self) -> K:
        """Wait for a key that is due."""
        while True:
            self._changed.clear()
            key = self.take()
            if key is not None:
                return key
            try:
                await asyncio.wait_for(self._changed.wait(), self.until_next())
            except TimeoutError:
                continue

    def done(self, key: K, again_after: float | None = None) -> None:
        """Give a key back after success; look again after so many seconds."""
        self._release(key, failed=False)
        if again_after is not None:
            self.add(key, again_after)
        self._drop_idle(key)

    def failed(self, key: K) -> float:
        """Give a key back after a failure. Returns the seconds after which it is handed out again: what came in
        while it was worked on does not bring it out earlier."""
        entry = self._release(key, failed=True)
        delay = self._backoff.delay(entry.failures)
        entry.due = self._clock() + delay
        self._push(key, entry)
        return delay

    def hasten(self) -> None:
        """What has failed need not wait any longer: its cause is over. The first delay is kept."""
        for key in [key for key, entry in self._entries.items() if entry.failures and not entry.active]:
            self.add(key)

    def until_next(self) -> float | None:
        """Seconds until a key may be due, None when none waits."""
        while self._heap:
            due, _, key = self._heap[0]
            entry = self._entries.get(key)
            if entry is not None and entry.due == due and not entry.active:
                return max(0.0, due - self._clock())
            heapq.heappop(self._heap)
        return None

    def depth(self) -> int:
        """How many keys are due and wait for a worker."""
        now = self._clock()
        return sum(
            1 for entry in self._entries.values() if entry.due is not None and entry.due <= now and not entry.active
        )

    def _release(self, key: K, failed: bool) -> _Entry:
        entry = self._entries[key]
        entry.active = False
        entry.failures = entry.failures + 1 if failed else 0
        if entry.due is not None:
            self._push(key, entry)
        return entry

    def _drop_idle(self, key: K) -> None:
        if self._entries[key].due is None:
            del self._entries[key]

    def _push(self, key: K, entry: _Entry) -> None:
        if entry.due is not None and not entry.active:
            self._count += 1
            heapq.heappush(self._heap, (entry.due, self._count, key))
        self._changed.set()
