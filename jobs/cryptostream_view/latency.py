"""Latency of each trade: time of commit of the first batch that covers it, minus the time the exchange sent it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cryptostream_view.commits import SymbolCommits
from cryptostream_view.histogram import LatencyHistogram, bins_of

_SECOND = 1_000_000
_ROLLING_SECONDS = 60
_CAPACITY = 100_000


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Latencies in seconds. ``p50``, ``p99`` and ``maximum`` are None while no trade was measured."""

    trades: int = 0
    p50: float | None = None
    p99: float | None = None
    maximum: float | None = None


@dataclass(slots=True)
class _Second:
    """What was measured within one second of the viewer's clock."""

    number: int
    sent: list[NDArray[np.int64]] = field(default_factory=list)
    latencies: list[NDArray[np.int64]] = field(default_factory=list)


class LatencyMeter:
    """Measures every trade that the exchange sent live, in fixed memory.

    Feed it the trades of the topic and the batches of the ledger, both in their order. Trades sent before `mark_live`'s
    moment are catching up and counted apart. Quantiles are right to 1 ms up to a minute, to 1 s beyond.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        """``capacity`` bounds the trades, and the batches, that wait for the other of one symbol."""
        self._capacity = capacity
        self._symbols: dict[str, SymbolCommits] = {}
        self._covered_before: Mapping[str, int] = {}
        self._complete = False
        self._total = LatencyHistogram()
        self._maximum = 0
        self._rolling = LatencyHistogram()
        self._seconds: deque[_Second] = deque()
        self.live_since: int | None = None
        self._measured = 0

    def begin_ledger(self, covered_before: Mapping[str, int], complete: bool) -> None:
        """Say, before the first batch, what earlier ones cover: the last id by symbol.

        ``complete`` tells that a symbol which is not named was in no earlier batch. Otherwise its first batch cannot be
        told from a later one, and the trades it covers are counted as unmeasured.
        """
        self._covered_before = dict(covered_before)
        self._complete = complete
        for symbol, commits in self._symbols.items():
            self._begin(symbol, commits)

    def mark_live(self, moment: int) -> None:
        """Measure trades sent at or after ``moment`` (UTC microseconds); the first call counts.

        What was measured within the last minute is sorted anew, so the moment may lie a little back.
        """
        if self.live_since is not None:
            return
        self.live_since = moment
        for second in self._seconds:
            for sent, latencies in zip(second.sent, second.latencies, strict=True):
                self._count(self._live(sent, latencies))

    def add_trades(self, symbol: str, ids: NDArray[np.int64], sent: NDArray[np.int64]) -> None:
        """Trades of the topic that came over the stream (not ``backfilled``), with the times of sending."""
        self._of(symbol).add_trades(ids, sent)

    def add_batch(self, positions: Mapping[str, int | None], committed_at: int) -> None:
        """A batch of the ledger: the last id by symbol, and when it was committed (UTC microseconds)."""
        for symbol, last_id in positions.items():
            if last_id is not None:
                self._of(symbol).add_commit(last_id, committed_at)

    def settle(self, now: float) -> None:
        """Measure the trades that commits cover. ``now`` counts seconds of any steady clock."""
        self._forget(int(now))
        for commits in self._symbols.values():
            covered = commits.settle()
            if len(covered.sent):
                self._file(covered.sent, covered.latencies, int(now))

    def total(self) -> LatencySummary:
        """All trades since the live moment."""
        p50, p99 = self._total.quantiles(0.5, 0.99)
        return _summary(self._total.total, p50, p99, self._maximum)

    def last_minute(self, now: float) -> LatencySummary:
        """Trades since the live moment whose commit was seen within the last minute."""
        self._forget(int(now))
        p50, p99 = self._rolling.quantiles(0.5, 0.99)
        live = [
            self._live(sent, latencies)
            for second in self._seconds
            for sent, latencies in zip(second.sent, second.latencies, strict=True)
        ]
        return _summary(self._rolling.total, p50, p99, max((int(part.max()) for part in live if len(part)), default=0))

    @property
    def catch_up(self) -> int:
        """Measured trades that were sent before the live moment."""
        return self._measured - self._total.total

    @property
    def waiting(self) -> int:
        """Trades that were read and that no batch covers yet."""
        return sum(commits.waiting for commits in self._symbols.values())

    @property
    def unmeasured(self) -> int:
        """Trades whose first batch is not known, or that were dropped from a full queue."""
        return sum(commits.unmeasured for commits in self._symbols.values())

    def covered_id(self, symbol: str) -> int | None:
        """The last id of a symbol that a batch covers, None if none is known."""
        return self._of(symbol).covered_id if symbol in self._symbols else None

    def behind(self) -> float:
        """Seconds between the oldest waiting trade of a symbol and its newest, at most over symbols."""
        spans = [
            commits.newest_sent - oldest
            for commits in self._symbols.values()
            if (oldest := commits.oldest_waiting()) is not None and commits.newest_sent is not None
        ]
        return max(0, *spans) / _SECOND if spans else 0.0

    def _of(self, symbol: str) -> SymbolCommits:
        commits = self._symbols.get(symbol)
        if commits is None:
            commits = self._symbols[symbol] = SymbolCommits(self._capacity)
            self._begin(symbol, commits)
        return commits

    def _begin(self, symbol: str, commits: SymbolCommits) -> None:
        floor = self._covered_before.get(symbol, -1 if self._complete else None)
        if floor is not None:
            commits.begin_after(floor)

    def _file(self, sent: NDArray[np.int64], latencies: NDArray[np.int64], second: int) -> None:
        if not self._seconds or self._seconds[-1].number != second:
            self._seconds.append(_Second(second))
        self._seconds[-1].sent.append(sent)
        self._seconds[-1].latencies.append(latencies)
        self._measured += len(latencies)
        self._count(self._live(sent, latencies))

    def _live(self, sent: NDArray[np.int64], latencies: NDArray[np.int64]) -> NDArray[np.int64]:
        return latencies[:0] if self.live_since is None else latencies[sent >= self.live_since]

    def _count(self, latencies: NDArray[np.int64]) -> None:
        if len(latencies):
            bins = bins_of(latencies)
            self._total.add(bins)
            self._rolling.add(bins)
            self._maximum = max(self._maximum, int(latencies.max()))

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0].number <= second - _ROLLING_SECONDS:
            gone = self._seconds.popleft()
            for sent, latencies in zip(gone.sent, gone.latencies, strict=True):
                self._rolling.remove(bins_of(self._live(sent, latencies)))


def _summary(trades: int, p50: float | None, p99: float | None, maximum: int) -> LatencySummary:
    if not trades or p50 is None or p99 is None:
        return LatencySummary()
    highest = maximum / _SECOND
    return LatencySummary(trades, min(p50, highest), min(p99, highest), highest)
