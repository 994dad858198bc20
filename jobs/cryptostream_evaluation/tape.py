"""A planned tape as panes, straight from the simulator's generator."""

from cryptostream_backtest.panes import panes_of
from cryptostream_evaluation.plan import LIVE_START, WARM_UP, TapePlan
from cryptostream_job.model import Geometry, Pane
from cryptostream_simulator.background import Background, BackgroundCourse
from cryptostream_simulator.events import SECOND
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import spec_of
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.trades import Trades

BACKGROUND = Background()
EXCHANGE = "binance"
_MINUTE = 60 * SECOND
_HARD_AFTER = 600
"""Seconds after the beginning or end of a spell in which a false alarm is put down to it."""


def draw_panes(plan: TapePlan, geometry: Geometry) -> list[Pane]:
    """All panes of a plan, its warm-up included."""
    shape = TapeShape(plan.seed, LIVE_START, WARM_UP * SECOND, geometry.pane, background=BACKGROUND)
    tape = SyntheticTape(spec_of(plan.symbol), shape, EventSchedule(plan.seed, plan.events))
    parts, position = [], 0
    # A minute at a time, while the tape still holds the block that it has just drawn.
    for end in range(LIVE_START - WARM_UP * SECOND + _MINUTE, LIVE_START + plan.seconds * SECOND + 1, _MINUTE):
        reached = tape.position_at(end - 1)
        parts.append(tape.trades(position, reached))
        position = reached
    return panes_of(Trades.concatenate(parts), geometry, plan.symbol, EXCHANGE)


def background_at(plan: TapePlan, time: int) -> str:
    """What the background was doing at a time (UTC microseconds): news, regime, opening or ordinary."""
    second = (time - LIVE_START) // SECOND
    course = BackgroundCourse(BACKGROUND, plan.seed, LIVE_START // SECOND)
    spells = course.spells(plan.symbol, second - _HARD_AFTER, second + 1)
    if any(spell.kind == "news" for spell in spells):
        return "news"
    if any(second - _HARD_AFTER <= edge <= second for spell in spells for edge in (spell.start, spell.end)):
        return "regime change"
    if 13.5 * 3600 <= (time // SECOND) % 86_400 <= 14 * 3600:
        return "opening"
    return "regime" if spells else "ordinary"
