"""How long live trades were on their way from the exchange into the database, as counts in bins.

A batch knows its trades as panes, not one by one. A pane's newest trade has the pane's clock as its time, the others
lie between the symbol's clock before the batch, which progress records move each second, and that clock: they are
spread evenly over it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cryptostream_job.model import Pane

_FIRST_BOUND = 10_000
_BINS_PER_DOUBLING = 4
BINS = 65
"""The last one is open: more than nine minutes."""
BOUNDS = tuple(round(_FIRST_BOUND * 2 ** (number / _BINS_PER_DOUBLING)) for number in range(BINS - 1))
"""The ends of the bins but the last, in microseconds: 10 ms, and each 2^(1/4) times the one before."""


@dataclass(frozen=True, slots=True)
class TradeSpan:
    """Live trades that a batch brought: ``count`` of them, whose times lie in ``(earliest, latest]``."""

    count: int
    earliest: int
    latest: int


def added_trades(known: Mapping[int, Pane], panes: Iterable[Pane]) -> int:
    """On-time trades of the panes beyond those of the same panes as they were known before."""
    return sum(pane.trades - (known[pane.start].trades if pane.start in known else 0) for pane in panes)


def live_spans(
    known: Mapping[int, Pane], panes: Iterable[Pane], clock: int, traded_at: int | None
) -> tuple[TradeSpan, ...]:
    """The trades of the panes that came over the stream and were not known before.

    ``clock`` is the symbol's before the batch: what comes now is younger, but for a trade that is late by less than its
    pane allows. ``traded_at`` is the clock up to which trades have been counted: panes that do not pass it are computed
    again.
    """
    spans = []
    for pane in panes:
        before = known.get(pane.start)
        live = pane.trades - pane.backfilled_trades
        if before is not None:
            live -= before.trades - before.backfilled_trades
        if live > 0 and (traded_at is None or pane.clock > traded_at):
            earliest = max(clock, pane.first_clock if before is None else before.clock)
            spans.append(TradeSpan(live, min(earliest, pane.clock), pane.clock))
    return tuple(spans)


def latency_counts(spans: Sequence[TradeSpan], committed_at: int) -> list[int]:
    """How many trades fall into each bin, given the time of commit in UTC microseconds.

    What is below zero, which clocks that disagree can bring about, falls into the first bin.
    """
    counts = np.zeros(BINS, dtype=np.int64)
    for span in spans:
        steps = np.arange(1, span.count + 1, dtype=np.float64) / span.count
        times = span.earliest + (span.latest - span.earliest) * steps
        counts += np.bincount(np.searchsorted(BOUNDS, committed_at - times, side="left"), minlength=BINS)
    return [int(count) for count in counts]
