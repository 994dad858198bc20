"""Panes computed straight from columns of trades, by the rules of the data contract."""

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream_backtest.panes import panes_of
from cryptostream_job.compose import merge_moments
from cryptostream_job.model import Pane
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import parse_symbol
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.trades import TradeRow, Trades
from harness.market_windows import GEOMETRY, SECOND

START = 1_700_000_000 * SECOND
SCALE = 10**8


def trades_of(rows: list[TradeRow]) -> Trades:
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 7
    numbers = [np.array(column, dtype=np.int64) for column in columns[:6]]
    identity, time, price, quantity, first, last = numbers
    return Trades(identity, time, time, price, quantity, first, last - first + 1, np.array(columns[6], dtype=np.bool_))


def row(
    identity: int, seconds: float, price: int = 100, quantity: int = 1, *, fills: int = 1, sell: bool = False
) -> TradeRow:
    time = START + int(seconds * SECOND)
    return TradeRow(identity, time, price * SCALE, quantity * SCALE, identity, identity + fills - 1, sell)


def panes(rows: list[TradeRow]) -> list[Pane]:
    return panes_of(trades_of(rows), GEOMETRY, "BTCUSDT", "binance")


def test_a_pane_holds_the_statistics_of_its_trades() -> None:
    (pane,) = panes([row(1, 0, 100, 2), row(2, 1, 104, 1, fills=3), row(3, 9, 102, 1, fills=2, sell=True)])
    assert (pane.trades, pane.first_id, pane.last_id) == (3, 1, 3)
    assert (pane.open, pane.high, pane.low, pane.close) == tuple(Decimal(price) for price in (100, 104, 100, 102))
    assert (pane.mean_price, pane.m2_price) == (102.0, 8.0)
    assert (pane.volume, pane.quote_volume) == (4.0, 406.0)
    assert (pane.taker_buy_volume, pane.taker_buy_quote_volume) == (3.0, 304.0)
    assert (pane.rush_orders, pane.rush_volume, pane.rush_buy_orders) == (2, 206.0, 1)


def test_panes_without_trades_are_there_too_and_the_clock_runs_on() -> None:
    first, between, last = panes([row(1, 3), row(2, 25)])
    assert (between.trades, between.open, between.volume, between.mean_price) == (0, None, 0.0, None)
    assert (first.clock, between.clock) == (START + 10 * SECOND - 1, START + 20 * SECOND - 1)
    assert last.clock == START + 25 * SECOND


def test_a_trade_that_is_late_by_its_symbols_clock_is_counted_and_left_out() -> None:
    # Its pane ends at 10 s and waits until 15 s.
    on_time, late = panes([row(1, 0), row(2, 14.9), row(3, 5), row(4, 15), row(5, 5)])
    assert (on_time.trades, on_time.last_id) == (2, 3)
    assert (late.trades, late.late_trades) == (2, 1)


def test_missing_ids_count_at_the_clock_before_them() -> None:
    first, second = panes([row(1, 0), row(2, 5), row(8, 12), row(9, 13)])
    assert (first.missing_ids, second.missing_ids) == (5, 0)


def test_no_trades_are_no_panes() -> None:
    assert panes([]) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**30), st.floats(0, 0.3))
def test_panes_add_up_to_the_tape(seed: int, backdated: float) -> None:
    shape = TapeShape(seed, START, 0, GEOMETRY.pane, backdated_share=backdated, largest_backdating=20 * SECOND)
    tape = SyntheticTape(parse_symbol("ADAUSDT:8"), shape, EventSchedule(seed))
    trades = tape.trades(0, tape.position_at(START + 120 * SECOND))
    made = panes_of(trades, GEOMETRY, "ADAUSDT", "binance")
    late = sum(pane.late_trades for pane in made)
    assert sum(pane.trades for pane in made) + late == len(trades)
    assert (late > 0) <= (backdated > 0)
    assert [pane.start for pane in made] == list(
        range(made[0].start, made[0].start + len(made) * GEOMETRY.pane, GEOMETRY.pane)
    )
    _, m2 = merge_moments((pane.trades, pane.mean_price or 0.0, pane.m2_price or 0.0) for pane in made)
    if not late:
        price = trades.price / SCALE
        assert m2 == pytest.approx(float(((price - price.mean()) ** 2).sum()), rel=1e-6)
        assert math.fsum(pane.quote_volume for pane in made) == pytest.approx(
            float((price * trades.quantity / SCALE).sum())
        )


def test_panes_are_those_of_a_tape_cut_anywhere() -> None:
    rows = [row(number, number * 0.7, 100 + number % 7, fills=1 + number % 3) for number in range(1, 200)]
    whole = panes(rows)
    cut = next(number for number, each in enumerate(rows) if each.time >= whole[5].start)
    tail = panes(rows[cut:])
    assert [replace(pane, first_clock=0) for pane in tail] == [replace(pane, first_clock=0) for pane in whole[5:]]
