"""One symbol's trades on their way into the database: which commit covered which trade first."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
_NOTHING = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Covered:
    """Trades that a commit covers: when the exchange sent them, and how long after that it came (microseconds)."""

    sent: Integers
    latencies: Integers


class SymbolCommits:
    """Trades read from the topic meet the ledger's batches; either may be the first to arrive.

    Both come in ascending order, and both queues are bounded: beyond ``capacity`` the oldest is dropped and the trades
    concerned are counted as ``unmeasured``.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._floor: int | None = None
        self._ids: deque[Integers] = deque()
        self._sent: deque[Integers] = deque()
        self._steps: deque[tuple[int, int]] = deque()
        self._read_to = -1
        self.waiting = 0
        self.unmeasured = 0
        self.covered_id: int | None = None
        self.newest_sent: int | None = None

    def begin_after(self, last_id: int) -> None:
        """What earlier commits cover, -1 for nothing. Unless it is said, the first commit only tells this."""
        self._floor = self.covered_id = last_id
        self._pass_over_covered_before()

    def add_trades(self, ids: Integers, sent: Integers) -> None:
        """Trades in ascending order of id. Those that were read before, or were covered before, are passed over."""
        fresh = ids > self._read_to
        if not fresh.all():
            ids, sent = ids[fresh], sent[fresh]
        if not len(ids):
            return
        self._read_to = int(ids[-1])
        self.newest_sent = int(sent[-1])
        self._ids.append(ids)
        self._sent.append(sent)
        self.waiting += len(ids)
        self._pass_over_covered_before()
        while self.waiting > self._capacity and len(self._ids) > 1:
            self.unmeasured += self._pop_chunk()

    def add_commit(self, last_id: int, committed_at: int) -> None:
        """A batch that covers ids up to ``last_id``. One that covers nothing new, as in a rebuild, is passed over."""
        if self._floor is None:
            self.begin_after(last_id)
            return
        if self.covered_id is not None and last_id <= self.covered_id:
            return
        self.covered_id = last_id
        self._steps.append((last_id, committed_at))
        if len(self._steps) > self._capacity:
            self._floor = self._steps.popleft()[0]
            self._pass_over_covered_before()

    def settle(self) -> Covered:
        """Take out the waiting trades that a commit covers."""
        if not self._ids or not self._steps:
            return Covered(_NOTHING, _NOTHING)
        steps = np.array(self._steps, dtype=np.int64)
        sent, latencies = [], []
        while self._ids:
            ids, times = self._ids[0], self._sent[0]
            first_cover = np.searchsorted(steps[:, 0], ids, side="left")
            count = int(np.searchsorted(first_cover, len(steps), side="left"))
            sent.append(times[:count])
            latencies.append(steps[first_cover[:count], 1] - times[:count])
            self._take(count)
            if count < len(ids):
                break
        # What is left to wait, or comes later, lies beyond these.
        while self._steps and self._steps[0][0] <= self._read_to:
            self._floor = self._steps.popleft()[0]
        return Covered(np.concatenate(sent), np.concatenate(latencies))

    def oldest_waiting(self) -> int | None:
        """When the exchange sent the oldest trade that waits for its batch."""
        return int(self._sent[0][0]) if self._sent else None

    def _pass_over_covered_before(self) -> None:
        if self._floor is None:
            return
        while self._ids and int(self._ids[0][0]) <= self._floor:
            count = int(np.searchsorted(self._ids[0], self._floor, side="right"))
            self.unmeasured += count
            self._take(count)

    def _take(self, count: int) -> None:
        if count == len(self._ids[0]):
            self._pop_chunk()
        elif count:
            self._ids[0] = self._ids[0][count:]
            self._sent[0] = self._sent[0][count:]
            self.waiting -= count

    def _pop_chunk(self) -> int:
        self._sent.popleft()
        count = len(self._ids.popleft())
        self.waiting -= count
        return count
