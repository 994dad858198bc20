"""Figures with their uncertainty."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import TypeVar

import numpy as np

_NORMAL_95 = 1.959964
_RESAMPLES = 2_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % confidence interval; NaN where there is nothing to tell."""

    value: float
    low: float
    high: float

    def text(self, digits: int = 2) -> str:
        """``0.91 (0.88 to 0.93)``; a dash where there is no value."""
        if isnan(self.value):
            return "-"
        return f"{self.value:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def share(hits: int, count: int) -> Figure:
    """A share with Wilson's score interval."""
    if not count:
        return Figure(float("nan"), float("nan"), float("nan"))
    value, z2 = hits / count, _NORMAL_95**2
    centre = (value + z2 / (2 * count)) / (1 + z2 / count)
    half = _NORMAL_95 / (1 + z2 / count) * sqrt(value * (1 - value) / count + z2 / (4 * count * count))
    return Figure(value, max(0.0, centre - half), min(1.0, centre + half))


def bootstrap(
    tapes: Sequence[T], statistic: Callable[[Sequence[T]], float], seed: int = 1, resamples: int = _RESAMPLES
) -> Figure:
    """A statistic over whole tapes with its percentile interval: tapes are drawn anew with replacement.

    What happens on one tape hangs together, so tapes and not events are resampled.
    """
    if not tapes:
        return Figure(float("nan"), float("nan"), float("nan"))
    random = np.random.default_rng(seed)
    drawn = [
        statistic([tapes[number] for number in random.integers(0, len(tapes), len(tapes)).tolist()])
        for _ in range(resamples)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5]).tolist() if not np.isnan(drawn).all() else (np.nan, np.nan)
    return Figure(statistic(tapes), low, high)
