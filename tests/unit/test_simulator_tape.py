"""The synthetic tape is a function of its seed and settings, continuous, exact, and looks like a market."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream_simulator.decimals import SCALE
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import parse_symbol
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.trades import Trades

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_700_000_000 * SECOND
SHAPE = TapeShape(seed=7, live_start=START, history=600 * SECOND, pane=10 * SECOND)


def tape(symbol: str = "BTCUSDT:40", shape: TapeShape = SHAPE) -> SyntheticTape:
    return SyntheticTape(parse_symbol(symbol), shape, EventSchedule(shape.seed))


def through(each: SyntheticTape, until: int) -> Trades:
    return each.trades(0, each.position_at(until))


def same(left: Trades, right: Trades) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in Trades.__slots__)


def test_the_same_seed_gives_the_same_tape_and_another_seed_another() -> None:
    first, again = through(tape(), START + MINUTE), through(tape(), START + MINUTE)
    assert len(first) > 1000
    assert same(first, again)
    assert not same(first, through(tape(shape=replace(SHAPE, seed=8)), START + MINUTE))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-600, 300), min_size=1, max_size=12), st.integers(0, 9), st.integers(1, 200))
def test_the_tape_does_not_depend_on_how_it_is_asked_for(seconds: list[int], tenths: int, step: int) -> None:
    whole = through(tape(), START + 301 * SECOND)
    asked = tape()
    for second in seconds:
        time = START + second * SECOND + tenths * SECOND // 10
        position = asked.position_at(time)
        assert position == np.searchsorted(whole.published, time, side="right")
        assert same(asked.trades(max(position - step, 0), position), whole[max(position - step, 0) : position])


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**40),
    st.sampled_from(["BTCUSDT:30", "SHIBUSDT:5", "QUIETUSDT:0.02", "XUSDT:200", "YUSDT:3:halted@-5m"]),
    st.floats(0, 0.2),
)
def test_ids_fills_times_prices_and_quantities_hold_together(seed: int, symbol: str, backdated: float) -> None:
    shape = replace(SHAPE, seed=seed, backdated_share=backdated, largest_backdating=20 * SECOND)
    spec = parse_symbol(symbol)
    trades = through(tape(symbol, shape), START + MINUTE)
    count = len(trades)
    assert np.array_equal(trades.id, np.arange(1, count + 1))
    assert np.array_equal(trades.first_fill[1:], (trades.first_fill + trades.fills)[:-1])
    assert not count or trades.first_fill[0] == 1
    assert (trades.fills >= 1).all()
    assert (np.diff(trades.published) >= 0).all()
    assert (trades.time <= trades.published).all()
    assert (trades.published - trades.time <= 20 * SECOND).all()
    assert (trades.published >= START - 600 * SECOND).all()
    assert (trades.price > 0).all()
    assert (trades.price % spec.tick == 0).all()
    assert (trades.quantity % spec.lot == 0).all()
    assert (trades.quantity >= trades.fills * spec.lot).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3_000))
def test_positions_of_ids_and_fills_are_where_they_lie(number: int) -> None:
    asked = tape("ETHUSDT:10")
    whole = through(asked, START)
    assert len(whole) > 3_000
    assert asked.position_of_id(number) == number - 1
    position = asked.position_of_fill(number)
    assert whole.first_fill[position] <= number < whole.first_fill[position] + whole.fills[position]


def test_the_next_change_is_never_after_the_next_trade() -> None:
    asked = tape("QUIETUSDT:0.05")
    whole = through(tape("QUIETUSDT:0.05"), START + 30 * MINUTE)
    now, position, seen = START, asked.position_at(START), 0
    while now < START + 29 * MINUTE:
        now = asked.next_change(position, now)
        assert now <= whole.published[position]
        fresh = asked.position_at(now)
        assert fresh - position <= 1 or whole.published[position] == whole.published[fresh - 1]
        seen += fresh - position
        position = fresh
    assert seen > 20


def test_a_symbol_halted_for_ever_has_no_trades_and_one_halted_later_none_from_then_on() -> None:
    assert tape("HALTUSDT:halted").position_at(START + 10 * MINUTE) == 0
    later = tape("LATEUSDT:20:halted@30s")
    halted = through(later, START + 10 * MINUTE).published.max()
    assert START + 25 * SECOND < halted < START + 30 * SECOND


@pytest.fixture(scope="module")
def three_hours() -> Trades:
    shape = replace(SHAPE, history=3 * 3600 * SECOND)
    return through(tape("BTCUSDT:100", shape), START)


def test_the_mean_rate_is_the_one_asked_for(three_hours: Trades) -> None:
    assert len(three_hours) / (3 * 3600) == pytest.approx(100, rel=0.25)


def test_arrivals_come_in_bursts(three_hours: Trades) -> None:
    by_second = np.bincount((three_hours.published - (START - 3 * 3600 * SECOND)) // SECOND)
    assert by_second.var() / by_second.mean() > 5
    gaps = np.diff(three_hours.published)
    assert gaps.std() / gaps.mean() > 1.3


def test_without_burstiness_arrivals_by_second_are_poisson() -> None:
    shape = replace(SHAPE, history=3600 * SECOND, burstiness=0.0)
    trades = through(tape("BTCUSDT:100", shape), START)
    by_second = np.bincount((trades.published - (START - 3600 * SECOND)) // SECOND)
    assert by_second.mean() == pytest.approx(100, rel=0.02)
    assert by_second.var() / by_second.mean() == pytest.approx(1, abs=0.3)


def returns(trades: Trades, seconds: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    ends = np.searchsorted(trades.published, np.arange(trades.published[0], trades.published[-1], seconds * SECOND)[1:])
    changes: np.ndarray[tuple[int], np.dtype[np.float64]] = np.diff(np.log(trades.price[ends - 1] / SCALE))
    return changes


def test_returns_have_fat_tails_and_clustered_volatility_of_the_size_asked_for(three_hours: Trades) -> None:
    change = returns(three_hours, 10)
    assert ((change - change.mean()) ** 4).mean() / change.var() ** 2 > 3.5
    size = np.abs(change)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1
    a_year = change.std() * np.sqrt(31_557_600 / 10)
    assert a_year == pytest.approx(parse_symbol("BTCUSDT").volatility, rel=0.35)


def test_some_taker_orders_have_several_fills_and_some_milliseconds_several_trades(three_hours: Trades) -> None:
    assert 0.05 < (three_hours.fills >= 2).mean() < 0.3
    assert three_hours.fills.max() > 5
    assert (np.diff(three_hours.published) == 0).mean() > 0.03


def test_both_sides_trade_and_runs_of_one_side_are_longer_than_chance(three_hours: Trades) -> None:
    sells = three_hours.buyer_is_maker
    assert 0.35 < sells.mean() < 0.65
    assert (sells[1:] == sells[:-1]).mean() > 0.6


def test_sizes_spread_over_orders_of_magnitude(three_hours: Trades) -> None:
    worth = np.log(three_hours.quantity * (three_hours.price / SCALE))
    assert 1.0 < worth.std() < 2.0
