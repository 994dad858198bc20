"""How rare a value is among past ones: the common scale on which different statistics can be compared."""

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from itertools import islice


class TailRarity:
    """Rarity of a value: ``-log10`` of the share of past values that reach it, extrapolated beyond the largest of them.

    Up to the ``quantile`` of the last ``memory`` values by counting; above it by an exponential tail with the mean
    excess over that quantile (peaks over threshold, Pickands 1975, with shape 0). 2 is one in a hundred rows, 4 one in
    ten thousand. 0 before there are ``warm_up`` values.
    """

    def __init__(self, quantile: float, memory: int, warm_up: int) -> None:
        self._quantile = quantile
        self._memory = memory
        self._warm_up = warm_up
        self._arrived: deque[float] = deque()
        self._ordered: list[float] = []

    def of(self, value: float) -> float:
        """The rarity of a value among the ones added so far."""
        count = len(self._ordered)
        if count < self._warm_up:
            return 0.0
        cut = int(self._quantile * count)
        edge = self._ordered[cut]
        if value <= edge:
            return -math.log10((count - bisect_left(self._ordered, value)) / count) + 0.0
        mean_excess = sum(islice(self._ordered, cut, None)) / (count - cut) - edge
        if mean_excess <= 0.0:
            return -math.log10(1.0 - self._quantile)
        return -math.log10(1.0 - self._quantile) + (value - edge) / mean_excess / math.log(10.0)

    def add(self, value: float) -> None:
        insort(self._ordered, value)
        self._arrived.append(value)
        if len(self._arrived) > self._memory:
            oldest = self._arrived.popleft()
            del self._ordered[bisect_right(self._ordered, oldest) - 1]
