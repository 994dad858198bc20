"""What a batch's panes tell of how long its live trades took."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cryptostream_job.batch import advance
from cryptostream_job.latency import BINS, BOUNDS, TradeSpan, added_trades, latency_counts, live_spans
from cryptostream_job.model import Pane
from harness.panes import GEOMETRY, SECOND, random_panes

START = 1_700_000_010 * SECOND
COMMIT = START + 3600 * SECOND
MILLISECOND = 1_000


def pane(trades: int, clock: int, *, backfilled: int = 0, number: int = 0, first_clock: int | None = None) -> Pane:
    """The pane of that number after START with clocks in microseconds after its start."""
    start = START + number * GEOMETRY.pane
    base = random_panes(1, "BTCUSDT", start, 1)[0]
    return replace(
        base,
        start=start,
        trades=trades,
        backfilled_trades=backfilled,
        first_clock=start + (clock if first_clock is None else first_clock),
        clock=start + clock,
    )


def bin_of(latency: int) -> int:
    counts = latency_counts([TradeSpan(1, COMMIT - latency, COMMIT - latency)], COMMIT)
    assert sum(counts) == 1
    return counts.index(1)


@pytest.mark.parametrize(
    ("milliseconds", "number"), [(0, 0), (10, 0), (10.001, 1), (20, 4), (20.001, 5), (551_000, 63), (600_000, 64)]
)
def test_bins_grow_by_a_fourth_root_of_two_from_ten_milliseconds(milliseconds: float, number: int) -> None:
    assert bin_of(round(milliseconds * MILLISECOND)) == number


def test_a_clock_that_runs_ahead_of_the_databases_falls_into_the_first_bin() -> None:
    assert bin_of(-5 * SECOND) == 0


def test_there_is_a_bin_more_than_there_are_bounds() -> None:
    assert len(BOUNDS) + 1 == BINS == len(latency_counts([], COMMIT))


def test_the_only_new_trade_has_the_clock_of_its_pane() -> None:
    before, now = pane(3, 2 * SECOND), pane(4, 5 * SECOND)
    assert live_spans({START: before}, [now], before.clock, before.clock) == (
        TradeSpan(1, START + 2 * SECOND, START + 5 * SECOND),
    )
    counts = latency_counts(
        live_spans({START: before}, [now], before.clock, before.clock), START + 5 * SECOND + 300 * MILLISECOND
    )
    assert counts.index(1) == bin_of(300 * MILLISECOND)


def test_trades_of_one_batch_are_spread_evenly_over_what_is_new() -> None:
    span = TradeSpan(4, COMMIT - 4 * SECOND, COMMIT)
    counts = latency_counts([span], COMMIT)
    found = [number for number, count in enumerate(counts) for _ in range(count)]
    assert found == [bin_of(seconds * SECOND) for seconds in range(4)]


def test_what_came_over_rest_is_no_live_trade() -> None:
    known = {START: pane(5, SECOND, backfilled=5)}
    now = pane(9, 2 * SECOND, backfilled=7)
    assert [span.count for span in live_spans(known, [now], START, None)] == [2]
    assert live_spans({}, [pane(7, SECOND, backfilled=7)], START, None) == ()
    assert added_trades(known, [now]) == 4


def test_panes_that_are_computed_again_bring_no_live_trades() -> None:
    again = pane(7, SECOND)
    assert live_spans({}, [again], START, again.clock) == ()
    assert [span.count for span in live_spans({}, [again, pane(3, SECOND, number=1)], START, again.clock)] == [3]


def test_a_progress_record_moves_the_clock_but_is_no_trade() -> None:
    quiet = pane(0, 9 * SECOND)
    step = advance({}, {"BTCUSDT": [quiet]}, GEOMETRY, ())
    assert (step.symbols["BTCUSDT"].trades, step.symbols["BTCUSDT"].live) == (0, ())
    assert step.symbols["BTCUSDT"].state.traded_at is None

    traded = pane(2, 3 * SECOND, number=1)
    step = advance(step.next_state({}), {"BTCUSDT": [traded]}, GEOMETRY, ())
    assert step.symbols["BTCUSDT"].state.traded_at == traded.clock
    step = advance(step.next_state({}), {"BTCUSDT": [pane(0, SECOND, number=2)]}, GEOMETRY, ())
    assert step.symbols["BTCUSDT"].state.traded_at == traded.clock


@given(cuts=st.lists(st.integers(1, 60), max_size=8), seed=st.integers(0, 50))
def test_every_trade_is_counted_once_however_the_batches_are_cut(cuts: list[int], seed: int) -> None:
    panes = random_panes(seed, "BTCUSDT", START, 60)
    edges = sorted({0, *cuts, len(panes)})
    state, trades, live = {}, 0, 0
    for first, last in itertools.pairwise(edges):
        if not panes[first:last]:
            continue
        step = advance(state, {"BTCUSDT": panes[first:last]}, GEOMETRY, ())
        trades += step.symbols["BTCUSDT"].trades
        live += sum(sum(latency_counts([span], COMMIT)) for span in step.symbols["BTCUSDT"].live)
        state = step.next_state(state)
    assert trades == sum(each.trades for each in panes)
    assert live == sum(each.trades - each.backfilled_trades for each in panes)


@pytest.mark.parametrize("rate", [0.5, 5.0, 200.0])
def test_quantiles_are_near_those_of_the_single_trades(rate: float) -> None:
    source = np.random.default_rng(3)
    times = START + np.cumsum(source.exponential(SECOND / rate, int(rate * 300))).astype(np.int64)
    exact: list[int] = []
    counts = np.zeros(BINS, dtype=np.int64)
    known: dict[int, Pane] = {}
    cut, read, clock, traded_at = START, 0, START, START
    while read < len(times):
        cut += int(source.uniform(0.3, 1.5) * SECOND)
        committed_at = cut + int(source.uniform(0.2, 1.0) * SECOND)
        seen = int(np.searchsorted(times, cut))
        exact += [committed_at - int(time) for time in times[read:seen]]
        panes = [
            pane_of(times[:seen], start) for start in sorted({GEOMETRY.pane_start(int(at)) for at in times[read:seen]})
        ]
        counts += latency_counts(live_spans(known, panes, clock, traded_at), committed_at)
        known |= {each.start: each for each in panes}
        traded_at = max([traded_at, *(each.clock for each in panes)])
        # What a silent second leaves in the topic.
        clock = traded_at + (cut - traded_at) // SECOND * SECOND
        read = seen
    assert counts.sum() == len(exact)
    for share in (0.5, 0.95, 0.99):
        found = int(np.searchsorted(np.cumsum(counts), share * len(exact)))
        assert BOUNDS[found] == pytest.approx(np.quantile(exact, share), rel=0.25)


def pane_of(times: NDArray[np.int64], start: int) -> Pane:
    """The pane as a batch sees it that has read these times of trades."""
    inside = times[(times >= start) & (times < start + GEOMETRY.pane)]
    base = random_panes(1, "BTCUSDT", start, 1)[0]
    clocks = {"first_clock": int(inside[0]), "clock": int(inside[-1])}
    return replace(base, start=start, trades=len(inside), backfilled_trades=0, **clocks)
