"""Checked readings of JSON and of single values, shared by the exchange modules."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from cryptostream_producer.exchanges.base import BadMessageError

EARLIEST_TIME = 1_230_768_000_000_000
"""2009-01-01 in UTC microseconds: no crypto trade is older."""

LARGEST_ID = 2**63 - 1
_MILLISECONDS_BELOW = 10**14
_DECIMAL = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,18})?")
_ZERO = frozenset("0.")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def json_message(frame: bytes) -> dict[str, Any]:
    """A frame that is a JSON object. Raises BadMessageError."""
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise BadMessageError(f"not JSON: {error}") from None
    if type(message) is not dict:
        raise BadMessageError("not a JSON object")
    return message


def json_answer(body: bytes) -> Any:
    """The body of a REST answer. Raises BadMessageError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadMessageError(f"the answer is not JSON: {error}") from None


def json_list(body: bytes) -> list[Any]:
    """The body of a REST answer that is a list. Raises BadMessageError."""
    rows = json_answer(body)
    if type(rows) is not list:
        raise BadMessageError("the answer is not a JSON list")
    return rows


def json_object(body: bytes) -> dict[str, Any]:
    """The body of a REST answer that is an object. Raises BadMessageError."""
    value = json_answer(body)
    if type(value) is not dict:
        raise BadMessageError("the answer is not a JSON object")
    return value


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


def rfc3339_microseconds(value: Any, name: str) -> int:
    """A time such as ``2021-04-17T16:43:30.244075Z`` in UTC microseconds, finer digits cut. Raises BadMessageError."""
    if type(value) is not str or _RFC_3339.fullmatch(value) is None:
        raise BadMessageError(f"{name} {value!r} is not an RFC 3339 time")
    try:
        moment = datetime.fromisoformat(value)
        time = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise BadMessageError(f"{name} {value!r} is not a time of the calendar") from None
    if time < EARLIEST_TIME:
        raise BadMessageError(f"{name} {value!r} is before 2009")
    return time
