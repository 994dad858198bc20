"""The scale on which trades are counted by size: their value in quote currency, 1-3-10 to the decade.

From 0.0001 to 10 million, so that pairs quoted in bitcoin are told apart as well as those quoted in dollars. The value
of a trade is the double product of the doubles next to its price and quantity. A class begins a hair below its bound,
because the rounding of doubles may put a trade worth exactly 1000 a last digit below it.
"""

from bisect import bisect_right

SIZE_BOUNDS = tuple(float(f"{digit}e{power}") for power in range(-4, 8) for digit in (1, 3))[:-1]
"""Lower bounds of all classes but the first, which has what is smaller, in quote currency."""
SIZE_THRESHOLDS = tuple(bound * (1 - 2.0**-50) for bound in SIZE_BOUNDS)
"""The doubles from which on a value is counted in these classes."""
SIZE_CLASSES = len(SIZE_BOUNDS) + 1


def size_class(value: float) -> int:
    """The class of a value in quote currency, from 0."""
    return bisect_right(SIZE_THRESHOLDS, value)
