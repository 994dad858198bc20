"""The latency of every trade: commit of the first batch that covers it, minus the time the exchange sent it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_view.histogram import LatencyHistogram, bins_of
from cryptostream_view.latency import LatencyMeter

SECOND = 1_000_000
MILLISECOND = 1_000
START = 1_700_000_000 * SECOND

streams = st.lists(st.integers(0, 40), min_size=1, max_size=60)
"""Trades sent between two batches; each batch covers all before it."""


def add(meter: LatencyMeter, ids: list[int], sent: list[int], symbol: str = "BTCUSDT") -> None:
    meter.add_trades(symbol, np.array(ids, dtype=np.int64), np.array(sent, dtype=np.int64))


def live_meter(capacity: int = 100_000) -> LatencyMeter:
    meter = LatencyMeter(capacity)
    meter.begin_ledger({}, True)
    meter.mark_live(0)
    return meter


@given(st.lists(st.integers(0, 200 * SECOND), min_size=1, max_size=300), st.floats(0.001, 1.0))
def test_a_quantile_is_never_too_small_and_at_most_one_bin_too_large(latencies: list[int], share: float) -> None:
    histogram = LatencyHistogram()
    histogram.add(bins_of(np.array(latencies, dtype=np.int64)))
    exact = sorted(latencies)[max(1, int(np.ceil(share * len(latencies)))) - 1] / SECOND
    (found,) = histogram.quantiles(share)
    assert found is not None
    bin_width = 0.001 if exact < 60 else 1.0
    assert exact < found <= exact + bin_width + 1e-9


@given(st.lists(st.integers(-SECOND, 10_000 * SECOND), max_size=50), st.lists(st.integers(0, 90 * SECOND), max_size=50))
def test_what_is_taken_out_of_a_histogram_was_never_there(kept: list[int], removed: list[int]) -> None:
    both, one = LatencyHistogram(), LatencyHistogram()
    for latencies in (kept, removed):
        both.add(bins_of(np.array(latencies, dtype=np.int64)))
    both.remove(bins_of(np.array(removed, dtype=np.int64)))
    one.add(bins_of(np.array(kept, dtype=np.int64)))
    assert both.total == one.total
    assert both.quantiles(0.1, 0.5, 0.99) == one.quantiles(0.1, 0.5, 0.99)


@given(streams, st.randoms(use_true_random=False))
def test_each_trade_is_measured_once_by_its_first_batch_whichever_comes_first(
    counts: list[int], chance: object
) -> None:
    """Trades and batches keep their own order and are woven together in any way."""
    trades, batches, expected = [], [], []
    next_id = 1
    for number, count in enumerate(counts):
        committed = START + (number + 1) * SECOND
        for part in range(count):
            sent = committed - SECOND + part * 20 * MILLISECOND
            trades.append(([next_id], [sent]))
            expected.append(committed - sent)
            next_id += 1
        batches.append((next_id - 1, committed))
    meter = live_meter()
    while trades or batches:
        take_trade = trades and (not batches or chance.random() < 0.5)  # type: ignore[attr-defined]
        if take_trade:
            add(meter, *trades.pop(0))
        else:
            last_id, committed = batches.pop(0)
            meter.add_batch({"BTCUSDT": last_id}, committed)
        meter.settle(0.0)
    assert meter.waiting == 0
    assert meter.unmeasured == 0
    total = meter.total()
    assert total.trades == len(expected)
    if expected:
        assert total.maximum == pytest.approx(max(expected) / SECOND)
        middle = sorted(expected)[(len(expected) + 1) // 2 - 1] / SECOND
        assert total.p50 is not None
        assert middle <= total.p50 <= middle + 0.001


def test_a_later_batch_does_not_cover_again_what_an_earlier_one_has() -> None:
    meter = live_meter()
    add(meter, [10, 11], [START, START])
    meter.add_batch({"BTCUSDT": 11}, START + SECOND)
    meter.add_batch({"BTCUSDT": 5}, START + 2 * SECOND)
    meter.add_batch({"BTCUSDT": 12}, START + 3 * SECOND)
    add(meter, [11, 12], [START, START + SECOND])
    meter.settle(0.0)
    assert meter.total().trades == 3
    assert meter.total().maximum == 2.0


def test_symbols_do_not_mix() -> None:
    meter = live_meter()
    add(meter, [1, 2], [START, START], "BTCUSDT")
    add(meter, [1, 2], [START, START], "ETHUSDT")
    meter.add_batch({"BTCUSDT": 2, "ETHUSDT": 1, "SOLUSDT": None}, START + SECOND)
    meter.settle(0.0)
    assert meter.total().trades == 3
    assert meter.waiting == 1
    assert meter.covered_id("ETHUSDT") == 1


def test_trades_sent_before_the_live_moment_are_counted_apart() -> None:
    meter = LatencyMeter()
    meter.begin_ledger({}, True)
    add(meter, [1, 2, 3], [START - 5, START, START + 5])
    meter.add_batch({"BTCUSDT": 3}, START + SECOND)
    meter.settle(0.0)
    assert meter.total().trades == 0
    assert meter.catch_up == 3
    meter.mark_live(START)
    assert meter.total().trades == 2, "what was measured within the last minute is sorted anew"
    assert meter.catch_up == 1
    meter.mark_live(START + SECOND)
    assert meter.total().trades == 2, "only the first call counts"


def test_the_last_minute_forgets_and_the_total_does_not() -> None:
    meter = live_meter()
    for second, latency in ((0, 5), (30, 1)):
        add(meter, [second], [START])
        meter.add_batch({"BTCUSDT": second}, START + latency * SECOND)
        meter.settle(float(second))
    assert meter.last_minute(59.0).trades == 2
    assert meter.last_minute(59.0).maximum == 5.0
    assert meter.last_minute(61.0).trades == 1
    assert meter.last_minute(61.0).maximum == 1.0
    assert meter.last_minute(200.0).p99 is None
    assert meter.total().trades == 2


def test_trades_that_earlier_batches_cover_are_not_measured_by_later_ones() -> None:
    meter = LatencyMeter()
    meter.mark_live(0)
    add(meter, [8, 9, 10, 11], [START] * 4)
    meter.begin_ledger({"BTCUSDT": 9}, False)
    meter.add_batch({"BTCUSDT": 11}, START + SECOND)
    meter.settle(0.0)
    assert meter.total().trades == 2
    assert meter.unmeasured == 2


def test_where_earlier_batches_are_unknown_the_first_one_only_sets_the_scene() -> None:
    meter = LatencyMeter()
    meter.mark_live(0)
    meter.begin_ledger({}, False)
    add(meter, [8, 9, 10], [START] * 3)
    meter.add_batch({"BTCUSDT": 9}, START + SECOND)
    meter.add_batch({"BTCUSDT": 10}, START + 2 * SECOND)
    meter.settle(0.0)
    assert meter.total().trades == 1
    assert meter.unmeasured == 2


def test_the_queues_are_bounded_and_say_what_they_dropped() -> None:
    meter = live_meter(capacity=100)
    for start in range(0, 1000, 10):
        add(meter, list(range(start, start + 10)), [START] * 10)
    assert meter.waiting == 100
    assert meter.unmeasured == 900
    meter.add_batch({"BTCUSDT": 999}, START + SECOND)
    meter.settle(0.0)
    assert meter.total().trades == 100

    ahead = live_meter(capacity=100)
    for last_id in range(1000):
        ahead.add_batch({"BTCUSDT": last_id}, START + last_id)
    add(ahead, list(range(1000)), [START] * 1000)
    ahead.settle(0.0)
    assert ahead.total().trades == 100
    assert ahead.unmeasured == 900


def test_lag_is_the_span_between_the_oldest_waiting_trade_and_the_newest() -> None:
    meter = live_meter()
    assert meter.behind() == 0.0
    add(meter, [1, 2, 3], [START, START + SECOND, START + 3 * SECOND])
    assert meter.behind() == 3.0
    meter.add_batch({"BTCUSDT": 1}, START + 4 * SECOND)
    meter.settle(0.0)
    assert meter.behind() == 2.0
