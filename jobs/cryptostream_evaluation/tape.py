"""A planned tape as panes, straight from the simulator's generator."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from cryptostream_backtest.panes import panes_of
from cryptostream_evaluation.plan import DAY, LIVE_START, WARM_UP, TapePlan
from cryptostream_evaluation.sizes import PRICE_EVENTS
from cryptostream_job.model import Geometry, Pane
from cryptostream_simulator.background import Background, BackgroundCourse
from cryptostream_simulator.events import SECOND, MarketEvent
from cryptostream_simulator.outline import volatility_per_second
from cryptostream_simulator.schedule import EventSchedule
from cryptostream_simulator.symbols import spec_of
from cryptostream_simulator.synthetic import SyntheticTape, TapeShape
from cryptostream_simulator.trades import Trades

BACKGROUND = Background()
EXCHANGE = "binance"
_MINUTE = 60 * SECOND
_CALIBRATION_SEED = 1
"""A seed of neither split: of the tape that pane volatilities are measured on."""
_HARD_AFTER = 600
"""Seconds after the beginning or end of a spell in which a false alarm is put down to it."""


def draw_panes(plan: TapePlan, geometry: Geometry) -> list[Pane]:
    """All panes of a plan, its warm-up included. Events of the price are as large as the plan says in pane volatilities
    as they are measured on a quiet day."""
    return _draw(plan, [_scaled(event, geometry) for event in plan.events], geometry)


@lru_cache(maxsize=64)
def pane_volatility(symbol: str, geometry: Geometry) -> float:
    """Standard deviation of the log return between the closes of two panes, over a quiet day of a fixed seed.

    It holds what the simulator's nominal volatility does not: regimes, rhythm, the bounce between bid and ask, and the
    price step, which on a pair with a coarse one is most of it.
    """
    panes = _draw(TapePlan("quiet", symbol, _CALIBRATION_SEED, DAY), (), geometry)
    closes = [float(pane.close) for pane in panes if pane.close is not None]
    return statistics.pstdev(math.log(after / before) for before, after in pairwise(closes))


def _draw(plan: TapePlan, events: Sequence[MarketEvent], geometry: Geometry) -> list[Pane]:
    shape = TapeShape(plan.seed, LIVE_START, WARM_UP * SECOND, geometry.pane, background=BACKGROUND)
    tape = SyntheticTape(spec_of(plan.symbol), shape, EventSchedule(plan.seed, events))
    parts, position = [], 0
    # A minute at a time, while the tape still holds the block that it has just drawn.
    for end in range(LIVE_START - WARM_UP * SECOND + _MINUTE, LIVE_START + plan.seconds * SECOND + 1, _MINUTE):
        reached = tape.position_at(end - 1)
        parts.append(tape.trades(position, reached))
        position = reached
    return panes_of(Trades.concatenate(parts), geometry, plan.symbol, EXCHANGE)


def _scaled(event: MarketEvent, geometry: Geometry) -> MarketEvent:
    """The event in the simulator's unit, its nominal pane volatility."""
    if event.type not in PRICE_EVENTS:
        return event
    nominal = volatility_per_second(spec_of(event.symbol)) * (geometry.pane / SECOND) ** 0.5
    return replace(event, size=event.size * pane_volatility(event.symbol, geometry) / nominal)


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
