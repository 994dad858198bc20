"""Log returns of exact prices."""

import math
from decimal import Decimal

_HALF = 0.5


def log_return(before: Decimal, after: Decimal) -> float:
    """``ln(after / before)`` of two positive prices.

    The difference is taken in decimals: the quotient of two doubles that differ by one tick in 10^7 has lost half of
    the digits of its logarithm. After a move by more than half it is the other way round: there the quotient is exact,
    and 1 less a change close to 1 is not.
    """
    change = float(after - before) / float(before)
    return math.log1p(change) if abs(change) < _HALF else math.log(float(after) / float(before))
