"""The statistics: each a number of the last panes, and how unusual it is."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptostream_job.detectors.evidence.fading import FadingNorm, FadingRules
from cryptostream_job.detectors.evidence.recent import Recent

_LEAST_TRADES = 5
_SIZE_SPREAD = 1.2
"""Standard deviation of the log size of a trade: that of a mean over n trades is this over the root of n."""
_SMALLEST_REACH = 2e-5
_SMALLEST_VOLATILITY = 1e-5

Value = Callable[[Recent], float | None]
Distance = Callable[[float, Recent, FadingNorm, FadingRules], float]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A named number of the last panes, None where it cannot be told, with what is usual of it.

    ``judge`` gives its distance from the usual, upwards, in standard deviations.
    """

    name: str
    value: Value
    rules: FadingRules
    judge: Distance


def trade_rate(panes: int) -> Statistic:
    """Log of the number of trades."""
    return Statistic(
        f"trades{panes}",
        lambda recent: math.log(sum(pane.trades for pane in recent.last(panes)) + 0.5),
        FadingRules(60, 400, panes - 1, 0.05),
        _plain,
    )


def trade_size(panes: int) -> Statistic:
    """Log of the mean size of a trade in quote currency; its spread follows from the number of trades."""

    def value(recent: Recent) -> float | None:
        trades = sum(pane.trades for pane in recent.last(panes))
        quote = math.fsum(pane.quote for pane in recent.last(panes))
        return math.log(quote / trades) if trades >= _LEAST_TRADES and quote > 0 else None

    def judge(value: float, recent: Recent, norm: FadingNorm, _: FadingRules) -> float:
        trades = sum(pane.trades for pane in recent.last(panes))
        return (value - norm.centre) * math.sqrt(trades) / _SIZE_SPREAD

    return Statistic(f"size{panes}", value, FadingRules(360, 360, panes - 1), judge)


def one_sidedness(panes: int) -> Statistic:
    """How far takers are on one side: |buys - sells| / all, times the root of the number of trades."""

    def value(recent: Recent) -> float | None:
        quote = math.fsum(pane.quote for pane in recent.last(panes))
        trades = sum(pane.trades for pane in recent.last(panes))
        bought = math.fsum(pane.bought for pane in recent.last(panes))
        return abs(2 * bought - quote) / quote * math.sqrt(trades) if quote > 0 else None

    return Statistic(f"side{panes}", value, FadingRules(360, 360, panes - 1, 0.1), _plain)


def reach(panes: int) -> Statistic:
    """Log of the mean range of the price within a pane (Parkinson 1980): volatility, less noisy than of closes."""
    return Statistic(
        f"range{panes}",
        lambda recent: math.log(math.fsum(pane.reach for pane in recent.last(panes)) / panes + _SMALLEST_REACH),
        FadingRules(60, 400, panes - 1, 0.05),
        _plain,
    )


def move(panes: int) -> Statistic:
    """How far the price went, over its local volatility: the statistic of Lee and Mykland (2008).

    Over one pane the largest distance from the close before, else the return. Local volatility is the exponentially
    weighted mean of squared moves of a pane, of which none teaches as more than sixteen times the mean.
    """

    def value(recent: Recent) -> float | None:
        return recent.last(1)[0].move ** 2

    def judge(_: float, recent: Recent, norm: FadingNorm, __: FadingRules) -> float:
        far = recent.last(1)[0].move if panes == 1 else recent.moved(panes)
        return far / max(math.sqrt(norm.centre * panes), _SMALLEST_VOLATILITY)

    return Statistic(f"move{panes}", value, FadingRules(30, 30, panes - 1), judge)


def limited(name: str, value: float, norm: FadingNorm) -> float:
    """The value as it teaches: squared moves are cut at sixteen times their mean."""
    return min(value, 16 * norm.centre) if name.startswith("move") and norm.centre > 0 else value


def _plain(value: float, _: Recent, norm: FadingNorm, rules: FadingRules) -> float:
    return norm.distance(value, rules)


def by_name(*statistics: Statistic) -> Mapping[str, Statistic]:
    return {statistic.name: statistic for statistic in statistics}
