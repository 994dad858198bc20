"""Labelled market events: what they do to the tape, second by second, and how a user writes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cryptostream_simulator.symbols import parse_offset

EventType = Literal["price_spike", "pump_and_dump", "volume_surge", "flash_crash", "volatility_burst", "halt"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
SECOND = 1_000_000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EventShape:
    """Default length and size of a type, and the path of the log price over its life.

    ``path``: points (share of the event's life, share of the size) joined by straight lines. ``activity``: factor on
    the rate of trades.
    """

    seconds: int
    size: float
    path: tuple[tuple[float, float], ...]
    activity: float


SHAPES: dict[EventType, EventShape] = {
    "price_spike": EventShape(10, 8.0, ((0.0, 0.0), (0.2, 1.0), (1.0, 0.5)), 3.0),
    "pump_and_dump": EventShape(120, 15.0, ((0.0, 0.0), (0.3, 0.3), (0.6, 1.0), (1.0, 0.05)), 5.0),
    "flash_crash": EventShape(30, 15.0, ((0.0, 0.0), (0.15, -1.0), (1.0, -0.2)), 6.0),
    "volatility_burst": EventShape(60, 5.0, ((0.0, 0.0), (1.0, 0.0)), 2.0),
    "volume_surge": EventShape(30, 8.0, ((0.0, 0.0), (1.0, 0.0)), 1.0),
    "halt": EventShape(60, 0.0, ((0.0, 0.0), (1.0, 0.0)), 0.0),
}


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """One event. ``start`` in whole seconds after the live start (negative: in history), ``seconds`` its length.

    ``size``: for price_spike, pump_and_dump and flash_crash the largest move of the log price in pane volatilities of
    the symbol; for volatility_burst the factor on volatility, for volume_surge on volume; halt has none.
    """

    symbol: str
    type: EventType
    start: int
    seconds: int
    size: float

    def label(self, live_start: int) -> dict[str, object]:
        """Its published form; ``live_start`` and the times in UTC microseconds."""
        start = live_start + self.start * SECOND
        return {
            "type": self.type,
            "symbol": self.symbol,
            "start": start,
            "end": start + self.seconds * SECOND,
            "size": self.size,
        }


def parse_event(text: str) -> MarketEvent:
    """Read ``SYMBOL:TYPE@OFFSET[:SIZE[:DURATION]]``, for example ``BTCUSDT:price_spike@90s:10:20s``. Raises
    ValueError."""
    symbol, _, rest = text.strip().partition(":")
    what, *options = rest.split(":")
    name, at, offset = what.partition("@")
    kind = next((known for known in EVENT_TYPES if known == name), None)
    if kind is None or not at or len(options) > 2:
        raise ValueError(
            f"{text!r} is not SYMBOL:TYPE@OFFSET[:SIZE[:DURATION]] with a TYPE of {', '.join(EVENT_TYPES)}"
        )
    shape = SHAPES[kind]
    size = float(options[0]) if options and options[0] else shape.size
    seconds = parse_offset(options[1]) // SECOND if len(options) > 1 else shape.seconds
    if seconds < 1 or size < 0:
        raise ValueError(f"{text!r}: an event lasts at least 1s and its size is not negative")
    return MarketEvent(symbol, kind, parse_offset(offset) // SECOND, seconds, size)


@dataclass(frozen=True, slots=True)
class Effects:
    """What events add to each second: log return, and factors on volatility, rate of trades and their quantity."""

    drift: Floats
    volatility: Floats
    activity: Floats
    quantity: Floats


def effects(events: Iterable[MarketEvent], first_second: int, seconds: int, pane_volatility: float) -> Effects:
    """The joint effect of one symbol's events on ``seconds`` seconds from ``first_second`` (after the live start).

    ``pane_volatility``: standard deviation of the symbol's log return over a pane.
    """
    total = Effects(np.zeros(seconds), np.ones(seconds), np.ones(seconds), np.ones(seconds))
    edges = first_second + np.arange(seconds + 1)
    for event in events:
        shape = SHAPES[event.type]
        life = np.clip((edges - event.start) / event.seconds, 0.0, 1.0)
        inside = (edges[:-1] >= event.start) & (edges[:-1] < event.start + event.seconds)
        at, height = np.array(shape.path).T
        total.drift[:] += np.diff(np.interp(life, at, height)) * event.size * pane_volatility
        total.activity[inside] *= shape.activity
        if event.type == "volatility_burst":
            total.volatility[inside] *= event.size
        if event.type == "volume_surge":
            total.activity[inside] *= event.size**0.7
            total.quantity[inside] *= event.size**0.3
    return total
