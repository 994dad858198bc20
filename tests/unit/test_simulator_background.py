"""The background of a tape: rhythm of the day, regimes and news, drawn from the seed and never labelled as events."""

from dataclasses import replace

import numpy as np
import pytest

from cryptostream_simulator.background import Background, BackgroundCourse
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import parse_symbol
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.trades import Trades

SECOND = 1_000_000
MINUTE = 60 * SECOND
MONDAY = 1_767_571_200 * SECOND
SHAPE = TapeShape(seed=7, live_start=MONDAY, history=0, pane=10 * SECOND)
LIVELY = replace(SHAPE, background=Background())
DAY = 86_400


def trades_of(shape: TapeShape, until: int = MONDAY + 10 * MINUTE) -> Trades:
    tape = SyntheticTape(parse_symbol("ADAUSDT:20"), shape, EventSchedule(shape.seed))
    return tape.trades(0, tape.position_at(until))


def same(left: Trades, right: Trades) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in Trades.__slots__)


def course(**chosen: float) -> BackgroundCourse:
    still = {"season": 0.0, "opening": 1.0, "regimes_a_day": 0.0, "news_a_day": 0.0}
    return BackgroundCourse(Background(**{**still, **chosen}), 7, MONDAY // SECOND)


def test_it_follows_from_the_seed() -> None:
    assert same(trades_of(LIVELY), trades_of(LIVELY))
    assert not same(trades_of(LIVELY), trades_of(replace(LIVELY, seed=8)))


def test_a_background_in_which_nothing_happens_leaves_the_tape_as_it_is() -> None:
    nothing = Background(season=0.0, opening=1.0, regimes_a_day=0.0, news_a_day=0.0)
    assert same(trades_of(replace(SHAPE, background=nothing)), trades_of(SHAPE))
    assert not same(trades_of(LIVELY), trades_of(SHAPE))


def test_the_day_has_a_rhythm_and_an_opening() -> None:
    rate = course(season=0.4, opening=1.8).effects("X", 0, DAY, 1e-3).activity
    assert rate[3 * 3600] == pytest.approx(np.exp(-0.4))
    assert rate[15 * 3600] > rate[9 * 3600] > rate[3 * 3600]
    opening = int(13.5 * 3600)
    assert rate[opening + 180] > 1.5 * rate[opening - 1]
    assert np.abs(np.diff(np.log(rate))).max() < 0.01


def test_effects_do_not_depend_on_how_they_are_cut() -> None:
    lively = course(season=0.4, opening=1.8, regimes_a_day=30.0, news_a_day=30.0)
    whole = lively.effects("X", -3_600, 7_200, 1e-3)
    parts = [lively.effects("X", start, 60, 1e-3) for start in range(-3_600, 3_600, 60)]
    for name in ("drift", "volatility", "activity", "quantity"):
        assert np.concatenate([getattr(part, name) for part in parts]) == pytest.approx(getattr(whole, name))


def test_regimes_come_and_go_without_a_jump() -> None:
    volatility = course(regimes_a_day=24.0).effects("X", 0, DAY, 1e-3).volatility
    assert volatility.max() > 1.5
    assert volatility.min() < 0.9
    assert np.abs(np.diff(np.log(volatility))).max() < 0.05


def test_news_moves_the_price_within_minutes_and_takes_a_part_of_it_back() -> None:
    drawn = course(news_a_day=24.0)
    spell = next(spell for spell in drawn.spells("X", 3_600, DAY))
    path = np.cumsum(drawn.effects("X", 0, DAY, 1.0).drift)
    others = [each for each in drawn.spells("X", 0, DAY) if each is not spell]
    expected = spell.move * spell.kept + sum(each.move * each.kept for each in others if each.end < DAY)
    unfinished = any(each.end >= DAY or each.start < 0 for each in (spell, *others))
    assert unfinished or path[-1] == pytest.approx(expected)
    assert 3 <= abs(spell.move) <= 10
    assert 120 <= spell.rise <= 360
    assert 0.3 <= spell.kept <= 0.7
