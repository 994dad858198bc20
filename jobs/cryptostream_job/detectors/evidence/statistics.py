"""The statistics: each a number of the last panes, and how unusual it is."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from cryptostream_job.detectors.evidence.fading import FadingNorm, FadingRules
from cryptostream_job.detectors.evidence.recent import Recent

_LEAST_TRADES = 5
_SIZE_SPREAD = 1.2
"""Standard deviation of the log size of a trade: that of a mean over n trades is this over the root of n."""
_SMALLEST_REACH = 2e-5
_SMALLEST_VOLATILITY = 1e-5


@dataclass(frozen=True, slots=True)
class Reading:
    """What is seen, what is usual, and the scale of their distance, all in the unit of the statistic."""

    seen: float
    usual: float
    scale: float

    @property
    def distance(self) -> float:
        """How far what is seen lies above what is usual, in scales; negative below it."""
        return (self.seen - self.usual) / self.scale


@dataclass(frozen=True, slots=True)
class Statistic:
    """A named number of the last panes, None where it cannot be told, with what is usual of it.

    ``value`` is what teaches the norm. ``read`` holds the number against a norm that has a past. ``most``: what a value
    may teach at most, in multiples of the norm's centre.
    """

    name: str
    value: Callable[[Recent], float | None]
    rules: FadingRules
    read: Callable[[float, Recent, FadingNorm], Reading]
    most: float = math.inf

    def limited(self, value: float, norm: FadingNorm) -> float:
        """The value as it teaches."""
        return min(value, self.most * norm.centre) if norm.centre > 0 else value


def trade_rate(panes: int) -> Statistic:
    """Log of the number of trades."""
    return _spread(
        f"trades{panes}",
        lambda recent: math.log(sum(pane.trades for pane in recent.last(panes)) + 0.5),
        FadingRules(60, 400, panes - 1, 0.05),
    )


def trade_size(panes: int) -> Statistic:
    """Log of the mean size of a trade in quote currency; its spread follows from the number of trades."""

    def value(recent: Recent) -> float | None:
        trades = sum(pane.trades for pane in recent.last(panes))
        quote = math.fsum(pane.quote for pane in recent.last(panes))
        return math.log(quote / trades) if trades >= _LEAST_TRADES and quote > 0 else None

    def read(value: float, recent: Recent, norm: FadingNorm) -> Reading:
        trades = sum(pane.trades for pane in recent.last(panes))
        return Reading(value, norm.centre, _SIZE_SPREAD / math.sqrt(trades))

    return Statistic(f"size{panes}", value, FadingRules(360, 360, panes - 1), read)


def one_sidedness(panes: int) -> Statistic:
    """How far takers are on one side: |buys - sells| / all, times the root of the number of trades."""

    def value(recent: Recent) -> float | None:
        quote = math.fsum(pane.quote for pane in recent.last(panes))
        trades = sum(pane.trades for pane in recent.last(panes))
        bought = math.fsum(pane.bought for pane in recent.last(panes))
        return abs(2 * bought - quote) / quote * math.sqrt(trades) if quote > 0 else None

    return _spread(f"side{panes}", value, FadingRules(360, 360, panes - 1, 0.1))


def reach(panes: int) -> Statistic:
    """Log of the mean range of the price within a pane (Parkinson 1980): volatility, less noisy than of closes."""
    return _spread(
        f"range{panes}",
        lambda recent: math.log(math.fsum(pane.reach for pane in recent.last(panes)) / panes + _SMALLEST_REACH),
        FadingRules(60, 400, panes - 1, 0.05),
    )


def move(panes: int) -> Statistic:
    """How far the price went, over its local volatility: the statistic of Lee and Mykland (2008).

    Over one pane the largest distance from the close before, else the return. Local volatility is the exponentially
    weighted mean of squared moves of a pane, of which none teaches as more than sixteen times the mean.
    """

    def value(recent: Recent) -> float | None:
        return recent.last(1)[0].move ** 2

    def read(_: float, recent: Recent, norm: FadingNorm) -> Reading:
        far = recent.last(1)[0].move if panes == 1 else abs(recent.moved(panes))
        return Reading(far, 0.0, max(math.sqrt(norm.centre * panes), _SMALLEST_VOLATILITY))

    return Statistic(f"move{panes}", value, FadingRules(30, 30, panes - 1), read, most=16)


def _spread(name: str, value: Callable[[Recent], float | None], rules: FadingRules) -> Statistic:
    """A statistic that is judged by its own past centre and spread."""

    def read(value: float, _: Recent, norm: FadingNorm) -> Reading:
        return Reading(value, norm.centre, norm.spread(rules))

    return Statistic(name, value, rules, read)
