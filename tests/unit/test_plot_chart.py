"""What a chart shows is computed from candles, alerts and gaps without loss."""

import random
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_plot import labels
from cryptostream_plot.chart import Candle, Span, merge_candles, place_gap, running_vwap, spans_over_rest
from cryptostream_plot.intervals import Interval
from harness.charts import INTERVAL, START, alert, candle, chart, symbol_chart

MINUTE = Interval(timedelta(minutes=1), None)


@st.composite
def candles(draw: st.DrawFn) -> list[Candle]:
    """Some of up to 60 candles in order, with prices from fractions to millions."""
    numbers = sorted(draw(st.sets(st.integers(0, 59), min_size=1)))
    source = random.Random(draw(st.integers(0, 2**32)))
    tick = Decimal(1).scaleb(-source.randint(0, 8))
    made = []
    for number in numbers:
        opening, closing = (source.randint(1, 10**6) for _ in range(2))
        high = max(opening, closing) + source.randint(0, 50)
        low = max(1, min(opening, closing) - source.randint(0, 50))
        volume = source.uniform(0.001, 1e6)
        made.append(
            candle(
                number,
                open=opening * tick,
                close=closing * tick,
                high=high * tick,
                low=low * tick,
                volume=volume,
                quote_volume=volume * float(low * tick),
                taker_buy_quote_volume=volume * float(low * tick) * source.random(),
                backfilled_trades=source.randint(0, 10),
            )
        )
    return made


@given(candles())
def test_merged_candles_hold_their_parts(parts: list[Candle]) -> None:
    merged = merge_candles(parts, MINUTE)
    assert sum(each.trades for each in merged) == sum(each.trades for each in parts)
    for name in ("volume", "quote_volume", "taker_buy_quote_volume"):
        assert sum(getattr(each, name) for each in merged) == pytest.approx(sum(getattr(each, name) for each in parts))
    for each in merged:
        own = [part for part in parts if each.start <= part.start < each.start + MINUTE.length]
        assert each.high == max(part.high for part in own) >= max(each.open, each.close)
        assert each.low == min(part.low for part in own) <= min(each.open, each.close)
        assert (each.open, each.close) == (own[0].open, own[-1].close)
        assert (each.first_id, each.last_id) == (own[0].first_id, own[-1].last_id)
    assert all(MINUTE.floor(each.start) == each.start for each in merged)
    assert all(before.start < after.start for before, after in pairwise(merged))


@given(candles())
def test_merging_in_two_steps_is_merging_at_once(parts: list[Candle]) -> None:
    twice = merge_candles(merge_candles(parts, Interval(timedelta(seconds=30), None)), MINUTE)
    once = merge_candles(parts, MINUTE)
    assert [(each.start, each.open, each.high, each.low, each.close, each.trades) for each in twice] == [
        (each.start, each.open, each.high, each.low, each.close, each.trades) for each in once
    ]


@given(candles())
def test_merging_to_the_same_length_changes_nothing(parts: list[Candle]) -> None:
    assert merge_candles(parts, INTERVAL) == tuple(parts)


@given(candles())
def test_the_running_vwap_weighs_the_last_twelve_intervals(parts: list[Candle]) -> None:
    line = running_vwap(parts, INTERVAL)
    assert line.length == timedelta(minutes=2)
    for time, price in zip(line.times, line.prices, strict=True):
        own = [part for part in parts if time - line.length <= part.start < time]
        assert price == pytest.approx(sum(each.quote_volume for each in own) / sum(each.volume for each in own))


def test_taker_sells_are_what_is_not_bought_and_never_negative() -> None:
    assert candle(0).taker_sell_quote_volume == pytest.approx(305.0)
    assert candle(0, quote_volume=1.0, taker_buy_quote_volume=1.0000000000000002).taker_sell_quote_volume == 0


def test_history_is_where_most_trades_came_over_rest_also_across_silence() -> None:
    seen = [
        candle(0, backfilled_trades=10),
        candle(3, backfilled_trades=6),
        candle(4, backfilled_trades=5),
        candle(5, backfilled_trades=9),
        candle(6, backfilled_trades=None),
    ]
    step = INTERVAL.length
    assert spans_over_rest(seen, step) == (Span(START, START + 4 * step), Span(START + 5 * step, START + 6 * step))


def test_a_gap_lies_between_its_clock_and_the_first_trade_after_its_ids() -> None:
    seen = [candle(0), candle(1), candle(4, first_id=70, last_id=80)]
    gap = place_gap(20, 69, "unavailable", START + timedelta(seconds=19), seen, INTERVAL)
    assert (gap.start, gap.end, gap.ids) == (START + timedelta(seconds=10), START + timedelta(seconds=40), 50)


def test_a_gap_after_which_nothing_came_is_a_candle_wide() -> None:
    gap = place_gap(20, 69, "unavailable", START + timedelta(seconds=19), [candle(0), candle(1)], INTERVAL)
    assert (gap.start, gap.end) == (START + timedelta(seconds=10), START + timedelta(seconds=20))


def test_alerts_of_all_symbols_come_newest_first() -> None:
    older = alert("ETHUSDT", detector="volume_surge")
    newer = alert("BTCUSDT", window_end=START + timedelta(minutes=4))
    drawn = chart(symbol_chart("ETHUSDT", [candle(0)], [older]), symbol_chart("BTCUSDT", [candle(0)], [newer]))
    assert drawn.alerts == (newer, older)
    assert drawn.detectors == ("price_spike", "volume_surge")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1_234_567, "1.23M"),
        (1_200_000, "1.2M"),
        (999_999, "1M"),
        (999.4, "999"),
        (12_340, "12.3k"),
        (3.1e9, "3.1B"),
        (0.01234, "0.0123"),
        (1e-9, "0.000000001"),
    ],
)
def test_volumes_are_short(value: float, text: str) -> None:
    assert labels.amount(value) == text


def test_prices_are_exact() -> None:
    assert labels.price(Decimal("97123.50000000")) == "97123.5"
    assert labels.price(Decimal("0.00001234")) == "0.00001234"
    assert labels.price(Decimal("1E+5")) == "100000"
    assert labels.price(Decimal("97123.5"), 2) == "97123.50"


@given(candles())
def test_ticks_of_the_price_axis_can_be_told_apart(parts: list[Candle]) -> None:
    span = float(max(part.high for part in parts) - min(part.low for part in parts))
    assert span == 0 or 10.0 ** -labels.price_decimals(parts) <= span / 10 * 1.000001


def test_an_unchanged_price_has_no_sign_of_falling() -> None:
    fallen = [candle(0, open=Decimal(100_000), close=Decimal("99999.999"))]
    assert labels.change(fallen) == "+0.00 %"


def test_a_range_names_the_second_day_only_where_there_is_one() -> None:
    assert labels.time_range(START, START + timedelta(hours=1)) == "2026-11-23 10:00 to 11:00 UTC"
    assert labels.time_range(START, START + timedelta(days=1)) == "2026-11-23 10:00 to 2026-11-24 10:00 UTC"
    assert labels.time_range(START, START + timedelta(seconds=90)) == "2026-11-23 10:00:00 to 10:01:30 UTC"
