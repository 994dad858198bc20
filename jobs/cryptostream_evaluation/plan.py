"""Which tapes are evaluated: symbols, seeds, and the events on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from cryptostream_evaluation.sizes import SIZES
from cryptostream_simulator.events import SECOND, SHAPES, EventType, MarketEvent
from cryptostream_simulator.randomness import generator

Kind = Literal["quiet", "events"]
Split = Literal["tuning", "report"]

SYMBOLS = (
    "BTCUSDT",
    "ETHUSDT",
    "SOLUSDT",
    "XRPUSDT",
    "DOGEUSDT",
    "ADAUSDT",
    "LINKUSDT",
    "LTCUSDT",
    "SHIBUSDT",
    "BTCEUR",
)
"""25 trades a second down to 1, and one pair whose price step is twice its usual move in a pane."""
FIRST_SEED: dict[Split, int] = {"tuning": 1_000, "report": 9_000}
LIVE_START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * SECOND
DAY = 86_400
WARM_UP = 7_200
"""Seconds of tape before the day that counts: all baselines are full."""
GRACE = 120
"""Seconds after an event's end in which an alarm still belongs to it."""
_HOUR = 3_600
_EARLIEST, _LATEST = 300, 3_000
"""Seconds after the full hour between which an event begins: events are at least 13 minutes apart."""


@dataclass(frozen=True, slots=True)
class TapePlan:
    """One symbol-day: quiet, or with an event an hour."""

    kind: Kind
    symbol: str
    seed: int
    seconds: int = DAY

    @property
    def events(self) -> tuple[MarketEvent, ...]:
        """The labelled events, by start. The types take turns in an order drawn from the seed."""
        if self.kind == "quiet":
            return ()
        random = generator(self.seed, self.symbol, 0, "evaluation")
        drawn = []
        types = _types(random, self.seconds // _HOUR)
        for hour, kind in enumerate(types):
            start = hour * _HOUR + int(random.integers(_EARLIEST, _LATEST))
            drawn.append(MarketEvent(self.symbol, kind, start, SHAPES[kind].seconds, SIZES[kind].draw(random)))
        return tuple(drawn)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is evaluated: days of each kind for each symbol, and the length of a day in seconds."""

    quiet_days: int
    event_days: int
    symbols: Sequence[str] = SYMBOLS
    seconds: int = DAY


FULL = Extent(quiet_days=21, event_days=6)
"""210 quiet symbol-days and 60 with 24 events each."""
QUICK = Extent(quiet_days=1, event_days=1, symbols=("ADAUSDT",), seconds=2 * _HOUR)
"""For tests: seconds instead of minutes of computing; its figures say nothing."""


def plans(split: Split, extent: Extent) -> list[TapePlan]:
    """The tapes of a split, quiet ones first. Seeds of the two splits, and of the two kinds, never meet."""
    first = FIRST_SEED[split]
    kinds: tuple[tuple[Kind, int, int], ...] = (
        ("quiet", first, extent.quiet_days),
        ("events", first + 500, extent.event_days),
    )
    return [
        TapePlan(kind, symbol, begin + day, extent.seconds)
        for kind, begin, days in kinds
        for day in range(days)
        for symbol in extent.symbols
    ]


def _types(random: np.random.Generator, count: int) -> list[EventType]:
    names = list(SIZES)
    drawn: list[EventType] = []
    while len(drawn) < count:
        drawn += [names[number] for number in random.permutation(len(names)).tolist()]
    return drawn[:count]
