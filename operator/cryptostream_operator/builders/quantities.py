"""Kubernetes quantities as the API server writes them: it would give 1000m back as 1, and seem to differ for ever."""

import re
from fractions import Fraction
from math import ceil

_DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4}
_BINARY = {"": 0, "Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4}


def canonical(quantity: str) -> str:
    """The same quantity with the largest unit that leaves a whole number: 1000m is 1, 1.5Gi is 1536Mi.

    Raises ValueError for what is no quantity of the specification.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(n|u|m|k|Ki|M|Mi|G|Gi|T|Ti)?", quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a quantity: write 500m, 1, 512Mi or 2G")
    number, unit = Fraction(match[1]), match[2] or ""
    if unit in _DECIMAL:
        return _with_largest_unit(number * Fraction(1000) ** _DECIMAL[unit], _DECIMAL, 1000)
    # Bytes are not divided.
    amount = Fraction(ceil(number * 1024 ** _BINARY[unit]))
    return _with_largest_unit(amount, _BINARY, 1024) if amount >= 1024 else _with_largest_unit(amount, _DECIMAL, 1000)


def _with_largest_unit(amount: Fraction, units: dict[str, int], base: int) -> str:
    if amount == 0:
        return "0"
    for unit, power in sorted(units.items(), key=lambda item: item[1], reverse=True):
        count = amount / Fraction(base) ** power
        if count.denominator == 1:
            return f"{count.numerator}{unit}"
    return f"{ceil(amount * 10**9)}n"
