"""Mean and spread of a stream that forgets exponentially."""

import math


class FadingMoments:
    """Exponentially weighted mean and standard deviation; a plain average until there are ``memory`` values.

    West (1979) for the update. ``memory``: after so many values a value's weight has fallen to 1/e.
    """

    def __init__(self, memory: float) -> None:
        self._least_weight = 1.0 / memory
        self._count = 0
        self._mean = 0.0
        self._variance = 0.0

    @property
    def count(self) -> int:
        """How many values it has seen."""
        return self._count

    def distance(self, value: float) -> float:
        """How far a value lies from the mean, in standard deviations; 0 while all values were the same."""
        if self._variance <= 0.0:
            return 0.0
        return abs(value - self._mean) / math.sqrt(self._variance)

    def add(self, value: float) -> None:
        self._count += 1
        weight = max(self._least_weight, 1.0 / self._count)
        change = value - self._mean
        self._mean += weight * change
        self._variance = (1.0 - weight) * (self._variance + weight * change * change)
