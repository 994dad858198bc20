"""Checked readings of single values, shared by the exchange modules."""

import re
from typing import Any

from cryptostream_producer.exchanges.base import BadMessageError

EARLIEST_TIME = 1_230_768_000_000_000
"""2009-01-01 in UTC microseconds: no crypto trade is older."""

LARGEST_ID = 2**63 - 1
_MILLISECONDS_BELOW = 10**14
_DECIMAL = re.compile(r"\d{1,20}(?:\.\d{1,18})?")
_ZERO = frozenset("0.")


def trade_id(value: Any) -> int:
    """A non-negative id of at most 63 bits. Raises BadMessageError."""
    if type(value) is not int or not 0 <= value <= LARGEST_ID:
        raise BadMessageError(f"id {value!r} is not an integer from 0 to 2^63-1")
    return value


def positive_decimal(value: Any, name: str) -> str:
    """A positive decimal string that fits DECIMAL(38,18), as served. Raises BadMessageError."""
    if type(value) is not str or _DECIMAL.fullmatch(value) is None or _ZERO.issuperset(value):
        raise BadMessageError(f"{name} {value!r} is not a positive decimal string of at most 20.18 digits")
    return value


def utc_microseconds(value: Any, name: str) -> int:
    """A time that the exchange gives in milliseconds or microseconds, told apart by size. Raises BadMessageError."""
    if type(value) is not int:
        raise BadMessageError(f"{name} {value!r} is not an integer")
    time = value * 1000 if value < _MILLISECONDS_BELOW else value
    if time < EARLIEST_TIME:
        raise BadMessageError(f"{name} {value!r} is before 2009")
    return time
