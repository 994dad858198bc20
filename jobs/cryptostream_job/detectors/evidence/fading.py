"""What is usual of a statistic: exponentially weighted centre and spread, without the values still under test."""

from dataclasses import dataclass
from typing import Any, Self

_LARGEST_DEVIATION = 3.0
"""A deviation teaches the spread as this at most, so that an event does not widen what it is judged by."""
_SIGMA_PER_MEAN_DEVIATION = 1.2533


@dataclass(frozen=True, slots=True)
class FadingRules:
    """Memories in panes: after so many a value's weight has fallen to 1/e. ``held``: values that overlap the one under
    test and wait before they teach. ``floor``: smallest spread, in the unit of the statistic."""

    centre_memory: float
    spread_memory: float
    held: int
    floor: float = 1e-9


@dataclass(frozen=True, slots=True)
class FadingNorm:
    """Centre, mean absolute deviation, how many values have taught them, and those that wait, oldest first."""

    centre: float = 0.0
    deviation: float = 0.0
    count: int = 0
    waiting: tuple[tuple[float, float], ...] = ()

    def spread(self, rules: FadingRules) -> float:
        """The standard deviation of a normal distribution with this mean absolute deviation, at least the floor."""
        return max(_SIGMA_PER_MEAN_DEVIATION * self.deviation, rules.floor)

    def taught(self, value: float, rules: FadingRules) -> Self:
        """With one more value; it teaches once ``held`` further ones have come."""
        deviation = abs(value - self.centre) if self.count else 0.0
        waiting = (*self.waiting, (value, min(deviation, _LARGEST_DEVIATION)))
        if len(waiting) <= rules.held:
            return type(self)(self.centre, self.deviation, self.count, waiting)
        (oldest, its_deviation), *others = waiting
        if not self.count:
            return type(self)(oldest, 0.0, 1, tuple(others))
        # Plain averages until there are as many values as the memory is long.
        centre_weight = max(1.0 / rules.centre_memory, 1.0 / (self.count + 1))
        spread_weight = max(1.0 / rules.spread_memory, 1.0 / (self.count + 1))
        return type(self)(
            self.centre + centre_weight * (oldest - self.centre),
            self.deviation + spread_weight * (its_deviation - self.deviation),
            self.count + 1,
            tuple(others),
        )

    def to_json(self) -> list[Any]:
        return [self.centre, self.deviation, self.count, [list(pair) for pair in self.waiting]]

    @classmethod
    def from_json(cls, fields: list[Any]) -> Self:
        centre, deviation, count, waiting = fields
        return cls(centre, deviation, count, tuple((value, moved) for value, moved in waiting))
