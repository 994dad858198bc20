"""What an ordinary market does that looks like an event: rhythm of the day, volatility regimes, news.

None of it is labelled as an event: a detector is to stay silent. Without it a tape is the same stationary market all
day long.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, pi
from typing import Literal

import numpy as np

from cryptostream_simulator.events import Effects, Floats
from cryptostream_simulator.randomness import generator

_HOUR = 3600
_DAY = 24 * _HOUR
_LOOK_BACK = 5
"""Hours that a spell may last: the longest regime and its end, four hours and ten minutes."""
_VOLATILITY_BY_ACTIVITY = 0.5
_OPENING = 13.5 * _HOUR
_OPENING_RISE, _OPENING_FADE = 180.0, 1800.0

SpellKind = Literal["regime", "news"]


@dataclass(frozen=True, slots=True)
class Background:
    """How lively the background is.

    ``season``: log of the rate of trades at its daily peak (15:00 UTC) over its mean; volatility follows with the
    square root. ``opening``: factor on the rate at 13:30 UTC, reached in minutes and fading within the hour.
    ``regimes_a_day``: spells of 20 minutes to 4 hours with 0.5 to 3 times the volatility, entered and left within 3 to
    10 minutes. ``news_a_day``: moves of 3 to 10 pane volatilities within 2 to 6 minutes, partly taken back over 10 to
    30 minutes, with up to 2.5 times the trades.
    """

    season: float = 0.4
    opening: float = 1.8
    regimes_a_day: float = 4.0
    news_a_day: float = 2.0


@dataclass(frozen=True, slots=True)
class Spell:
    """A regime or a piece of news. Times in seconds after the live start.

    ``rise`` and ``fall``: seconds of its beginning and of its end. ``volatility``, ``activity``: factors while it is
    full; ``move``: log price at the end of the rise in pane volatilities, of which ``kept`` stays.
    """

    kind: SpellKind
    start: float
    rise: float
    full: float
    fall: float
    volatility: float
    activity: float
    move: float = 0.0
    kept: float = 1.0

    @property
    def end(self) -> float:
        return self.start + self.rise + self.full + self.fall


class BackgroundCourse:
    """The background of every symbol of a tape. ``origin``: the live start in UTC seconds."""

    def __init__(self, background: Background, seed: int, origin: int) -> None:
        self._background = background
        self._seed = seed
        self._origin = origin
        self._drawn = lru_cache(maxsize=4096)(self._draw)

    def spells(self, symbol: str, start: int, stop: int) -> list[Spell]:
        """A symbol's regimes and news that last into ``start .. stop``, seconds after the live start."""
        hours = range(start // _HOUR - _LOOK_BACK, stop // _HOUR + 1)
        return [
            spell for hour in hours for spell in self._drawn(symbol, hour) if spell.start < stop and spell.end > start
        ]

    def effects(self, symbol: str, first_second: int, seconds: int, pane_volatility: float) -> Effects:
        """What it does to each second; see ``events.effects``."""
        edges = first_second + np.arange(seconds + 1, dtype=np.float64)
        middle = edges[:-1]
        rate = self._daily(middle)
        drift, volatility, activity = np.zeros(seconds), rate**_VOLATILITY_BY_ACTIVITY, rate
        for spell in self.spells(symbol, first_second, first_second + seconds):
            share = _share(spell, middle)
            volatility = volatility * np.exp(share * log(spell.volatility))
            activity = activity * np.exp(share * log(spell.activity))
            if spell.move:
                drift = drift + np.diff(_path(spell, edges)) * spell.move * pane_volatility
        return Effects(drift, volatility, activity, np.ones(seconds))

    def _daily(self, seconds: Floats) -> Floats:
        time = (self._origin + seconds) % _DAY
        season = np.exp(self._background.season * np.cos(2 * pi * (time - 15 * _HOUR) / _DAY))
        since = time - _OPENING
        shape = np.where(
            since < 0, 0.0, np.minimum(since / _OPENING_RISE, 1.0) * np.exp(-np.maximum(since, 0.0) / _OPENING_FADE)
        )
        rate: Floats = season * (1.0 + (self._background.opening - 1.0) * shape)
        return rate

    def _draw(self, symbol: str, hour: int) -> tuple[Spell, ...]:
        random = generator(self._seed, symbol, hour, "background")
        spells = []
        for _ in range(int(random.poisson(self._background.regimes_a_day / 24))):
            calm = random.random() < 0.4
            factor = float(random.uniform(0.5, 0.8) if calm else random.uniform(1.5, 3.0))
            start = hour * _HOUR + float(random.uniform(0, _HOUR))
            length = exp(float(random.uniform(log(20 * 60), log(4 * _HOUR))))
            rise, fall = (float(each) for each in random.uniform(180, 600, 2))
            spells.append(Spell("regime", start, rise, max(length - rise, 0.0), fall, factor, factor**0.7))
        for _ in range(int(random.poisson(self._background.news_a_day / 24))):
            start = hour * _HOUR + float(random.uniform(0, _HOUR))
            move = float(random.uniform(3, 10)) * (1 if random.random() < 0.5 else -1)
            spells.append(
                Spell(
                    "news",
                    start,
                    rise=float(random.uniform(120, 360)),
                    full=0.0,
                    fall=float(random.uniform(600, 1800)),
                    volatility=float(random.uniform(1.3, 1.8)),
                    activity=float(random.uniform(1.5, 2.5)),
                    move=move,
                    kept=float(random.uniform(0.3, 0.7)),
                )
            )
        return tuple(spells)


def joined(one: Effects, other: Effects) -> Effects:
    """Both at once."""
    return Effects(
        one.drift + other.drift,
        one.volatility * other.volatility,
        one.activity * other.activity,
        one.quantity * other.quantity,
    )


def _share(spell: Spell, seconds: Floats) -> Floats:
    """How far a spell has come: 0 outside, 1 while it is full, with smooth edges."""
    into = np.clip((seconds - spell.start) / spell.rise, 0.0, 1.0)
    out = np.clip((spell.end - seconds) / spell.fall, 0.0, 1.0)
    return _smooth(into) * _smooth(out)


def _path(spell: Spell, seconds: Floats) -> Floats:
    """Share of a spell's move that the log price has made."""
    into = np.clip((seconds - spell.start) / spell.rise, 0.0, 1.0)
    back = np.clip((seconds - spell.start - spell.rise - spell.full) / spell.fall, 0.0, 1.0)
    return _smooth(into) - (1.0 - spell.kept) * _smooth(back)


def _smooth(share: Floats) -> Floats:
    return share * share * (3.0 - 2.0 * share)
