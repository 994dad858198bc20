"""Prices and quantities as whole numbers of 1e-8, the precision that the exchange prints.

Integers keep sums, splits and comparisons exact; strings appear only at the edge.
"""

from decimal import Decimal, InvalidOperation

SCALE = 100_000_000
_DECIMALS = 8
_SURELY_FITS = 10


def units(text: str) -> int:
    """Read a decimal, plain or with an exponent, as units of 1e-8.

    Raises ValueError when it is not a finite decimal, finer than 1e-8 or too large for 64 bits.
    """
    whole, _, fraction = text.partition(".")
    if len(fraction) == _DECIMALS and len(whole) <= _SURELY_FITS and whole.isdecimal() and fraction.isdecimal():
        return int(whole + fraction)
    try:
        scaled = Decimal(text) * SCALE
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than 1e-8 or not finite")
    if abs(scaled) >= 2**63:
        raise ValueError(f"{text!r} is too large: at most {2**63 // SCALE}")
    return int(scaled)


def text(value: int) -> str:
    """Units of 1e-8 as the exchange prints them, always with eight decimals: ``90888.99000000``."""
    return f"{value // SCALE}.{value % SCALE:08d}"
