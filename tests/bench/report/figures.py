"""Repeated measurements as one figure: the median and the range."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """Median, least and largest of the repetitions."""

    median: float
    least: float
    largest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Raises ValueError when there are none."""
        found = sorted(values)
        if not found:
            raise ValueError("there is nothing to take the median of")
        return cls(median(found), found[0], found[-1])

    def text(self, digits: int = 0) -> str:
        """``1,234 (1,200 to 1,300)``; only the median where all are the same."""
        middle, least, largest = (f"{value:,.{digits}f}" for value in (self.median, self.least, self.largest))
        return middle if least == largest else f"{middle} ({least} to {largest})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Of the repetitions one by one, so that what slows a whole repetition down cancels out."""
    return Figure.of(mine / other for mine, other in zip(ours, theirs, strict=True))
