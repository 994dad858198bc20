"""Robust centre and scale of past values, and how far a value lies from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# Of a normal distribution: the standard deviation is 1.4826 times the median absolute deviation, and the 5th and 95th
# percentiles lie 1.6449 standard deviations from the centre.
SIGMA_PER_MAD = 1.4826
SIGMAS_AT_95_PERCENT = 1.6449
SCORE_DIGITS = 9
_KEPT_NORMS = 4096
"""Norms that are remembered: an open window is looked at in many batches against the same baseline."""


@dataclass(frozen=True, slots=True)
class Norm:
    """What is usual: centre and scale of ``size`` past values, in their unit."""

    centre: float
    scale: float
    size: int


def norm_of(values: Sequence[float], scale_floor: float) -> Norm:
    """Median and a robust standard deviation of at least one value.

    The scale is the largest of

    - 1.4826 MAD (Iglewicz and Hoaglin 1993: 0.6745 / MAD is its inverse); where more than half of the values are equal
      MAD is 0, and the smallest non-zero deviation stands in: one step of the series' resolution;
    - half the distance of the 5th and 95th percentiles in normal standard deviations, so that a series that seldom
      moves, or has fat tails, is not judged by its quiet middle alone;
    - ``scale_floor``: without a floor, flat stretches give infinite scores.
    """
    return _norm_of(tuple(values), scale_floor)


@lru_cache(maxsize=_KEPT_NORMS)
def _norm_of(values: tuple[float, ...], scale_floor: float) -> Norm:
    ordered = sorted(values)
    centre = median(ordered)
    deviations = sorted(abs(value - centre) for value in ordered)
    mad = median(deviations) or next((deviation for deviation in deviations if deviation > 0), 0.0)
    cut = len(ordered) // 20
    spread = (ordered[-1 - cut] - ordered[cut]) / 2
    return Norm(centre, max(SIGMA_PER_MAD * mad, spread / SIGMAS_AT_95_PERCENT, scale_floor), len(ordered))


def median(ordered: Sequence[float]) -> float:
    """The median of at least one value in ascending order."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def robust_z(value: float, norm: Norm) -> float:
    """Distance of a value from the centre in scales, signed, rounded before it meets a threshold."""
    return round_significant((value - norm.centre) / norm.scale)


def round_significant(value: float, digits: int = SCORE_DIGITS) -> float:
    """Rounded to significant digits, so that sums in another order do not flip a decision; never -0.0."""
    return float(f"{value:.{digits}g}") + 0.0
