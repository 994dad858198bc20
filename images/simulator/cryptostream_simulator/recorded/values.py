"""Checked readings of single JSON values of a recording."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptostream_simulator.decimals import units

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_MICROSECONDS = 10**14


def integer(value: Any, name: str) -> int:
    """Raises ValueError."""
    if type(value) is not int:
        raise ValueError(f"{name} {value!r} is not a whole number")
    return value


def amount(value: Any, name: str) -> int:
    """A decimal string in units of 1e-8. Raises ValueError."""
    if type(value) is not str:
        raise ValueError(f"{name} {value!r} is not a decimal in a string")
    return units(value)


def truth(value: Any, name: str) -> bool:
    """Raises ValueError."""
    if type(value) is not bool:
        raise ValueError(f"{name} {value!r} is neither true nor false")
    return value


def unix_time(value: Any, name: str) -> int:
    """Milliseconds or microseconds, told apart by size, as microseconds. Raises ValueError."""
    number = integer(value, name)
    return number if number >= _FIRST_MICROSECONDS else number * 1000


def iso_time(value: Any, name: str) -> int:
    """An ISO 8601 time, UTC where it names no zone, as microseconds. Raises ValueError."""
    if type(value) is not str:
        raise ValueError(f"{name} {value!r} is not a time")
    moment = datetime.fromisoformat(value)
    try:
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MICROSECOND
    except OverflowError:
        raise ValueError(f"{name} {value!r} is out of range") from None
