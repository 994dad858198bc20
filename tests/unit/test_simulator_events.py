"""Market events change the tape as their label says, and nothing but their symbol and time."""

from dataclasses import replace
from itertools import pairwise
from math import log

import numpy as np
import pytest

from cryptostream_simulator.events import EVENT_TYPES, SHAPES, MarketEvent, parse_event
from cryptostream_simulator.outline import volatility_per_second
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import FOREVER_HALTED, parse_symbol, parse_symbols, spec_of
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.trades import Trades

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
SHAPE = TapeShape(seed=3, live_start=START, history=600 * SECOND, pane=10 * SECOND, burstiness=0.0)
SPEC = parse_symbol("BTCUSDT:100")
PANE_VOLATILITY = volatility_per_second(SPEC) * 10**0.5


def trades_of(*events: str, shape: TapeShape = SHAPE) -> Trades:
    tape = SyntheticTape(SPEC, shape, EventSchedule(3, [parse_event(event) for event in events]))
    return tape.trades(0, tape.position_at(START + 300 * SECOND))


def between(trades: Trades, start: float, stop: float) -> Trades:
    inside = (trades.published >= START + int(start * SECOND)) & (trades.published < START + int(stop * SECOND))
    return trades[inside]


def move(trades: Trades, start: float, stop: float) -> float:
    """Change of the log price between two seconds, in pane volatilities."""
    at_start = np.median(between(trades, start - 0.2, start).price)
    at_stop = np.median(between(trades, stop - 0.2, stop).price)
    return log(at_stop / at_start) / PANE_VOLATILITY


def test_a_price_spike_adds_its_size_within_a_fifth_of_its_life_and_gives_half_back() -> None:
    plain, spiked = trades_of(), trades_of("BTCUSDT:price_spike@100s:12:10s")
    assert move(spiked, 100, 102) - move(plain, 100, 102) == pytest.approx(12, abs=1)
    assert move(spiked, 100, 110) - move(plain, 100, 110) == pytest.approx(6, abs=1)


def test_a_pump_and_dump_rises_and_comes_back() -> None:
    plain, pumped = trades_of(), trades_of("BTCUSDT:pump_and_dump@60s:20:100s")
    assert move(pumped, 60, 120) - move(plain, 60, 120) == pytest.approx(20, abs=1)
    assert move(pumped, 60, 160) - move(plain, 60, 160) == pytest.approx(1, abs=1)
    assert len(between(pumped, 60, 160)) > 3 * len(between(plain, 60, 160))


def test_a_flash_crash_falls_at_once_and_recovers_most_of_it() -> None:
    plain, crashed = trades_of(), trades_of("BTCUSDT:flash_crash@100s:20:20s")
    assert move(crashed, 100, 103) - move(plain, 100, 103) == pytest.approx(-20, abs=1)
    assert move(crashed, 100, 120) - move(plain, 100, 120) == pytest.approx(-4, abs=1)


def test_a_volume_surge_multiplies_volume_by_its_size() -> None:
    plain, surged = trades_of(), trades_of("BTCUSDT:volume_surge@100s:8:60s")
    factor = between(surged, 100, 160).quantity.sum() / between(plain, 100, 160).quantity.sum()
    assert factor == pytest.approx(8, rel=0.3)


def test_a_volatility_burst_multiplies_the_moves() -> None:
    def spread(trades: Trades) -> float:
        middles = [np.median(between(trades, second, second + 1).price) for second in range(100, 160)]
        return float(np.diff(np.log(middles)).std())

    assert spread(trades_of("BTCUSDT:volatility_burst@100s:5:60s")) == pytest.approx(5 * spread(trades_of()), rel=0.3)


def test_a_halt_has_no_trades_and_ids_go_on_after_it() -> None:
    halted = trades_of("BTCUSDT:halt@100s:0:30s")
    assert len(between(halted, 100, 130)) == 0
    assert len(between(halted, 130, 131)) > 10
    assert np.array_equal(halted.id, np.arange(1, len(halted) + 1))


def test_an_event_leaves_what_came_before_it_unchanged() -> None:
    plain, spiked = trades_of(), trades_of("BTCUSDT:price_spike@120s:12")
    before = int(np.searchsorted(plain.published, START + 120 * SECOND))
    assert before > 10_000
    assert np.array_equal(plain.price[:before], spiked.price[:before])
    assert np.array_equal(plain.published[:before], spiked.published[:before])


def test_events_in_history_are_possible() -> None:
    halted = trades_of("BTCUSDT:halt@-300s:0:60s")
    assert len(between(halted, -300, -240)) == 0
    assert len(between(halted, -240, -239)) > 10


def test_drawn_events_are_reproducible_labelled_and_do_not_overlap() -> None:
    schedule, again = EventSchedule(5, events_per_hour=6), EventSchedule(5, events_per_hour=6)
    a_day = schedule.between("BTCUSDT", 0, 86_400)
    assert a_day == [event for hour in range(24) for event in again.between("BTCUSDT", hour * 3600, hour * 3600 + 3600)]
    assert len(a_day) == pytest.approx(24 * 6, rel=0.25)
    assert {event.type for event in a_day} == set(EVENT_TYPES)
    assert all(left.start + left.seconds <= right.start for left, right in pairwise(a_day))
    assert a_day != schedule.between("ETHUSDT", 0, 86_400)


def test_a_label_names_type_symbol_times_and_size() -> None:
    event = MarketEvent("BTCUSDT", "price_spike", 90, 20, 8.0)
    assert event.label(START) == {
        "type": "price_spike",
        "symbol": "BTCUSDT",
        "start": START + 90 * SECOND,
        "end": START + 110 * SECOND,
        "size": 8.0,
    }


def test_events_are_read_with_defaults_of_their_type() -> None:
    assert parse_event("BTCUSDT:halt@5s") == MarketEvent("BTCUSDT", "halt", 5, SHAPES["halt"].seconds, 0.0)
    assert parse_event("ETHUSDT:price_spike@-2m:9.5:20s") == MarketEvent("ETHUSDT", "price_spike", -120, 20, 9.5)
    assert parse_event("ETHUSDT:price_spike@1m::20s").size == SHAPES["price_spike"].size


@pytest.mark.parametrize(
    "text", ["", "BTCUSDT", "BTCUSDT:moon@5s", "BTCUSDT:halt", "BTCUSDT:halt@5", "B:halt@5s:1:2s:3"]
)
def test_events_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"SYMBOL:TYPE@OFFSET|number and a unit"):
        parse_event(text)


def test_a_symbol_is_halted_in_its_halts_and_from_its_last_trade_on() -> None:
    schedule = EventSchedule(1, [parse_event("BTCUSDT:halt@10s:0:5s")])
    halted = [second for second in range(20) if schedule.is_halted(SPEC, second * SECOND)]
    assert halted == [10, 11, 12, 13, 14]
    assert not schedule.is_halted(replace(SPEC, halted_from=30 * SECOND), 30 * SECOND - 1)
    assert schedule.is_halted(replace(SPEC, halted_from=30 * SECOND), 30 * SECOND)


def test_symbols_are_read_with_rate_and_halt() -> None:
    known, quiet, halted, later = parse_symbols("BTCUSDT, QUIETUSDT:0.02,HALTUSDT:halted,LATEUSDT:5:halted@-30m")
    assert known == spec_of("BTCUSDT")
    assert quiet.rate == 0.02
    assert halted.halted_from == FOREVER_HALTED
    assert (later.rate, later.halted_from) == (5.0, -1800 * SECOND)


def test_an_unknown_symbol_gets_values_that_follow_from_its_name() -> None:
    assert spec_of("FOOUSDT") == spec_of("FOOUSDT")
    assert spec_of("FOOUSDT").price != spec_of("BARUSDT").price
    for number in range(200):
        spec = spec_of(f"COIN{number}USDT")
        assert spec.price > 100 * spec.tick > 0
        assert spec.price % spec.tick == 0
        assert spec.lot > 0


@pytest.mark.parametrize(
    "text", ["", "btcusdt", "BTCUSDT:fast", "BTCUSDT:0", "BTCUSDT,BTCUSDT:5", "B", "A/B", "X2:halted@5"]
)
def test_symbols_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"symbol|rate|neither|number and a unit"):
        parse_symbols(text)
