"""A window composed of its panes equals the window computed from its trades."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.compose import compose_window, merge_moments
from cryptostream_job.model import Geometry, Pane
from cryptostream_job.returns import log_return

SECOND = 1_000_000
GEOMETRY = Geometry(pane=10 * SECOND, slide=30 * SECOND, window=120 * SECOND, allowed_lateness=5 * SECOND)
END = 1_700_000_040 * SECOND
START = END - GEOMETRY.window


@dataclass(frozen=True)
class RawTrade:
    id: int
    time: int
    price: Decimal
    quantity: Decimal
    buy: bool
    fills: int
    backfilled: bool


def pane_of(trades: Sequence[RawTrade], start: int, late: int = 0, missing: int = 0) -> Pane:
    """A pane computed from its trades in exact arithmetic, rounded to double once."""
    by_id = sorted(trades, key=lambda trade: trade.id)
    prices = [Fraction(trade.price) for trade in trades]
    mean = sum(prices, Fraction(0)) / len(prices) if prices else None
    quote = {trade.id: Fraction(trade.price) * Fraction(trade.quantity) for trade in trades}
    return Pane(
        symbol="BTCUSDT",
        exchange="binance",
        start=start,
        trades=len(trades),
        first_id=by_id[0].id if by_id else None,
        last_id=by_id[-1].id if by_id else None,
        open=by_id[0].price if by_id else None,
        high=max((trade.price for trade in trades), default=None),
        low=min((trade.price for trade in trades), default=None),
        close=by_id[-1].price if by_id else None,
        mean_price=None if mean is None else float(mean),
        m2_price=None if mean is None else float(sum((p - mean) ** 2 for p in prices)),
        volume=float(sum(Fraction(trade.quantity) for trade in trades)),
        quote_volume=float(sum(quote.values())),
        taker_buy_volume=float(sum(Fraction(trade.quantity) for trade in trades if trade.buy)),
        taker_buy_quote_volume=float(sum(quote[trade.id] for trade in trades if trade.buy)),
        rush_orders=sum(trade.fills >= 2 for trade in trades),
        rush_volume=float(sum(quote[trade.id] for trade in trades if trade.fills >= 2)),
        rush_buy_orders=sum(trade.fills >= 2 and trade.buy for trade in trades),
        late_trades=late,
        missing_ids=missing,
        backfilled_trades=sum(trade.backfilled for trade in trades),
        first_clock=start,
        clock=start + GEOMETRY.pane - 1,
        partition=0,
    )


def panes_of(trades: Sequence[RawTrade]) -> list[Pane]:
    starts = sorted({GEOMETRY.pane_start(trade.time) for trade in trades})
    return [pane_of([t for t in trades if GEOMETRY.pane_start(t.time) == start], start) for start in starts]


@st.composite
def tapes(draw: st.DrawFn) -> list[RawTrade]:
    """Trades of one window; ids need not be in order of time. Prices up to 10^5 with ticks from 1 % down to 10^-6."""
    base = draw(st.integers(1, 100_000))
    tick = Decimal(base) / draw(st.sampled_from([100, 10_000, 1_000_000]))
    steps = st.integers(-50, 50)
    quantities = st.decimals(Decimal("0.00001"), Decimal(10_000), places=5, allow_nan=False)
    row = st.tuples(
        st.integers(0, GEOMETRY.window - 1), steps, quantities, st.booleans(), st.integers(1, 3), st.booleans()
    )
    rows = draw(st.lists(row, max_size=60))
    ids = draw(st.permutations(range(100, 100 + len(rows))))
    return [
        RawTrade(number, START + offset, Decimal(base) + step * tick, quantity, buy, fills, backfilled)
        for number, (offset, step, quantity, buy, fills, backfilled) in zip(ids, rows, strict=True)
    ]


@given(tape=tapes(), seed=st.integers())
def test_a_composed_window_equals_the_window_computed_from_the_trades(tape: list[RawTrade], seed: int) -> None:
    panes = panes_of(tape)
    random.Random(seed).shuffle(panes)
    window = compose_window(panes, GEOMETRY, END, "BTCUSDT", "binance")
    direct = pane_of(tape, START)

    for exact in ("trades", "first_id", "last_id", "open", "high", "low", "close"):
        assert getattr(window, exact) == getattr(direct, exact), exact
    for exact in ("rush_orders", "rush_buy_orders", "late_trades", "missing_ids", "backfilled_trades"):
        assert getattr(window, exact) == getattr(direct, exact), exact
    for total in ("volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume", "rush_volume"):
        assert getattr(window, total) == pytest.approx(getattr(direct, total), rel=1e-12, abs=0), total
    assert (window.start, window.end) == (START, END)
    if not tape:
        assert window.mean_price is window.stddev_price is window.vwap is window.realized_volatility is None
        return
    assert direct.m2_price is not None
    assert window.mean_price == pytest.approx(direct.mean_price, rel=1e-12)
    assert window.stddev_price == pytest.approx(math.sqrt(direct.m2_price / len(tape)), rel=1e-9, abs=1e-300)
    assert window.vwap == pytest.approx(direct.quote_volume / direct.volume, rel=1e-12)


@given(tape=tapes())
def test_realized_volatility_is_that_of_the_pane_closes_in_order_of_time(tape: list[RawTrade]) -> None:
    panes = panes_of(tape)
    window = compose_window(panes, GEOMETRY, END, "BTCUSDT", "binance")
    closes = [pane.close for pane in panes if pane.close is not None]
    if len(closes) < 2:
        assert window.realized_volatility is None
        return
    logs = [close.ln() for close in closes]
    exact = sum(((b - a) ** 2 for a, b in pairwise(logs)), Decimal(0)).sqrt()
    assert window.realized_volatility == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


@given(
    st.lists(st.tuples(st.integers(1, 10_000), st.floats(59_999, 60_001), st.floats(0, 1e6)), min_size=1, max_size=24)
)
def test_merged_moments_are_exact_to_a_relative_1e_9(parts: list[tuple[int, float, float]]) -> None:
    count = sum(n for n, _, _ in parts)
    mean = sum(n * Fraction(m) for n, m, _ in parts) / count
    m2 = sum(Fraction(part) + n * (Fraction(m) - mean) ** 2 for n, m, part in parts)
    merged_mean, merged_m2 = merge_moments(parts)
    assert merged_mean == pytest.approx(float(mean), rel=1e-15)
    assert merged_m2 == pytest.approx(float(m2), rel=1e-12, abs=1e-300)


def test_a_spread_of_one_tick_on_a_high_price_keeps_its_digits() -> None:
    low, high = 100_000.0, 100_000.0078125
    _, m2 = merge_moments([(3, low, 0.0), (1, high, 0.0), (7, low, 0.0)])
    assert m2 == pytest.approx((high - low) ** 2 * 10 / 11, rel=1e-14)


def test_the_return_of_one_tick_on_a_high_price_keeps_its_digits() -> None:
    before, after = Decimal("100000.00"), Decimal("100000.01")
    assert log_return(before, after) == pytest.approx(float(after.ln() - before.ln()), rel=1e-14)


def test_a_window_without_panes_has_no_prices_and_zero_sums() -> None:
    window = compose_window([], GEOMETRY, END, "BTCUSDT", "binance")
    assert (window.trades, window.volume, window.quote_volume, window.missing_ids) == (0, 0.0, 0.0, 0)
    assert (window.open, window.close) == (None, None)
    assert (window.mean_price, window.vwap, window.realized_volatility) == (None, None, None)


def test_panes_without_trades_still_bring_their_late_trades_and_missing_ids() -> None:
    panes = [pane_of([], START, late=2, missing=5), pane_of([], START + 3 * GEOMETRY.pane, missing=7)]
    window = compose_window(panes, GEOMETRY, END, "BTCUSDT", "binance")
    assert (window.trades, window.late_trades, window.missing_ids) == (0, 2, 12)


def test_panes_outside_the_window_are_left_out() -> None:
    def trade(number: int, time: int) -> RawTrade:
        return RawTrade(number, time, Decimal(number), Decimal(1), True, 1, False)

    panes = [pane_of([trade(n, t)], GEOMETRY.pane_start(t)) for n, t in ((1, START - 1), (2, START), (3, END))]
    window = compose_window(panes, GEOMETRY, END, "BTCUSDT", "binance")
    assert (window.trades, window.first_id, window.last_id, window.open) == (1, 2, 2, Decimal(2))


def test_open_and_close_follow_ids_even_where_time_disagrees() -> None:
    early = RawTrade(9, START + 1, Decimal(90), Decimal(1), True, 1, False)
    late = RawTrade(4, START + GEOMETRY.pane + 1, Decimal(40), Decimal(1), True, 1, False)
    window = compose_window(panes_of([early, late]), GEOMETRY, END, "BTCUSDT", "binance")
    assert (window.first_id, window.open, window.last_id, window.close) == (4, Decimal(40), 9, Decimal(90))


def test_panes_that_cannot_belong_together_are_refused() -> None:
    pane = pane_of([], START)
    with pytest.raises(ValueError, match="two panes"):
        compose_window([pane, pane], GEOMETRY, END, "BTCUSDT", "binance")
    with pytest.raises(ValueError, match="a pane of BTCUSDT"):
        compose_window([pane], GEOMETRY, END, "ETHUSDT", "binance")
    with pytest.raises(ValueError, match="not a multiple of the pane"):
        compose_window([replace(pane, start=START + 1)], GEOMETRY, END, "BTCUSDT", "binance")
    with pytest.raises(ValueError, match="not a multiple of the slide"):
        compose_window([], GEOMETRY, END + 1, "BTCUSDT", "binance")


@pytest.mark.parametrize("fall", ["0.00000003", "45.00000001", "99.9999"])
def test_a_return_keeps_its_digits_whatever_its_size(fall: str) -> None:
    before, after = Decimal(100), Decimal(fall)
    exact = Context(prec=40).divide(after, before).ln(Context(prec=40))
    assert log_return(before, after) == pytest.approx(float(exact), rel=1e-14)
    assert log_return(after, before) == pytest.approx(-float(exact), rel=1e-14)
