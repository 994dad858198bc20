"""Log returns of exact prices."""

import math
from decimal import Decimal


def log_return(before: Decimal, after: Decimal) -> float:
    """``ln(after / before)`` of two positive prices.

    The difference is taken in decimals: the quotient of two doubles that differ by one tick in 10^7 has lost half of
    the digits of its logarithm.
    """
    return math.log1p(float(after - before) / float(before))
