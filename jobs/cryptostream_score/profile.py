"""What is usual at a time of the day."""

SECONDS_A_DAY = 86_400


class DailyProfile:
    """The mean of each half hour of the day, from the days before; of half hours not seen yet, the series' own mean.

    ``slot``: length of a part of the day in seconds. ``memory``: values of a slot after which it forgets.
    """

    def __init__(self, slot: float, memory: float) -> None:
        self._slot = slot
        self._least_weight = 1.0 / memory
        self._means: dict[int, tuple[float, int]] = {}
        self._mean = 0.0
        self._count = 0

    def residual(self, time: float, value: float) -> float:
        """A value less what is usual at its time of the day (UTC seconds since the epoch). Learns nothing."""
        if not self._count:
            return 0.0
        mean, _ = self._means.get(self._number(time), (self._mean, 0))
        return value - mean

    def add(self, time: float, value: float) -> None:
        self._count += 1
        self._mean += (value - self._mean) / self._count
        number = self._number(time)
        mean, count = self._means.get(number, (value, 0))
        weight = max(self._least_weight, 1.0 / (count + 1))
        self._means[number] = (mean + weight * (value - mean), count + 1)

    def _number(self, time: float) -> int:
        return int(time % SECONDS_A_DAY // self._slot)
