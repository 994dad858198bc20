"""The trades topic's JSON as columns: parsed here anew, so that a fault in the job's parser cannot hide.

A record is unreadable when it is not a JSON object of schema version 1 with the fields that docs/data-contracts.md
lists, of their types and within what the database can hold.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp_ms", pa.int64()),
        ("key", pa.string()),
        ("kind", pa.string()),
        ("exchange", pa.string()),
        ("symbol", pa.string()),
        ("feed", pa.string()),
        ("first_id", pa.int64()),
        ("last_id", pa.int64()),
        ("price", pa.string()),
        ("quantity", pa.string()),
        ("side", pa.string()),
        ("fills", pa.int64()),
        ("time", pa.int64()),
        ("clock", pa.int64()),
        ("backfilled", pa.bool_()),
        ("reason", pa.string()),
    ]
)
"""One row a record. A trade has one id in both id columns, a gap its first and last, a progress record none.
Times in UTC microseconds, the Kafka timestamp in milliseconds; prices and quantities still as text."""

_SCHEMA_VERSION = 1
_LAST_TIME = 253_402_300_799_999_999  # 9999-12-31, where timestamps of Python and Arrow end
_LARGEST_ID = 2**53
_AMOUNT = re.compile(r"\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_REASONS = frozenset({"unavailable", "heal-limit", "invalid"})


class _UnreadableError(ValueError):
    """Why a record cannot be read."""


@dataclass
class RecordColumns:
    """Rows collected until they are taken as one Arrow table; unreadable records are counted by reason."""

    unreadable: Counter[str] = field(default_factory=Counter)
    _rows: list[tuple[Any, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, partition: int, offset: int, timestamp_ms: int, key: bytes | None, value: bytes | None) -> None:
        """Add one record of the topic as Kafka delivered it."""
        try:
            fields = _read(value)
        except _UnreadableError as reason:
            self.unreadable[str(reason)] += 1
            return
        text_key = None if key is None else key.decode(errors="replace")
        self._rows.append((partition, offset, timestamp_ms, text_key, *fields))

    def take(self) -> pa.Table:
        """All rows so far, and start anew."""
        columns: Iterator[tuple[Any, ...]] | list[tuple[()]] = zip(*self._rows, strict=True)
        arrays = list(columns) or [()] * len(SCHEMA)
        self._rows = []
        return pa.table([pa.array(column, kind.type) for column, kind in zip(arrays, SCHEMA, strict=True)], SCHEMA)


def _read(value: bytes | None) -> tuple[Any, ...]:
    """The columns from ``kind`` to ``reason``."""
    try:
        record = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        raise _UnreadableError("not JSON") from None
    if type(record) is not dict:
        raise _UnreadableError("not a JSON object")
    version = record.get("v")
    if version != _SCHEMA_VERSION:
        newer = type(version) is int and version > _SCHEMA_VERSION
        raise _UnreadableError(f"schema version {version} is newer than 1" if newer else "no known schema version")
    try:
        kind = record["type"]
        identity = (kind, _text(record["exchange"]), _text(record["symbol"]), _text(record["feed"]))
        clock = _whole(record["clock"], _LAST_TIME)
        if kind == "trade":
            return identity + _trade(record, clock)
        if kind == "gap":
            return identity + _gap(record, clock)
        if kind == "progress":
            return (*identity, None, None, None, None, None, None, None, clock, None, None)
    except KeyError as missing:
        raise _UnreadableError(f"field {missing} is missing") from None
    raise _UnreadableError("unknown type")


def _trade(record: dict[str, Any], clock: int) -> tuple[Any, ...]:
    number = _whole(record["id"], _LARGEST_ID)
    price, quantity, side, backfilled = record["price"], record["quantity"], record["side"], record["backfilled"]
    _whole(record["eventTime"], _LAST_TIME)
    if side not in ("buy", "sell"):
        raise _UnreadableError("side is neither buy nor sell")
    if type(backfilled) is not bool:
        raise _UnreadableError("backfilled is not a truth value")
    return (
        number,
        number,
        _amount(price, "price"),
        _amount(quantity, "quantity"),
        side,
        _whole(record["fills"], _LARGEST_ID),
        _whole(record["time"], _LAST_TIME),
        clock,
        backfilled,
        None,
    )


def _gap(record: dict[str, Any], clock: int) -> tuple[Any, ...]:
    first, last = _whole(record["fromId"], _LARGEST_ID), _whole(record["toId"], _LARGEST_ID)
    if first > last:
        raise _UnreadableError("a gap ends before it begins")
    if record["reason"] not in _REASONS:
        raise _UnreadableError("unknown reason of a gap")
    return (first, last, None, None, None, None, None, clock, None, record["reason"])


def _text(value: Any) -> str:
    if type(value) is not str or not value or "\0" in value:
        raise _UnreadableError("exchange, symbol and feed must be texts")
    return value


def _whole(value: Any, largest: int) -> int:
    if type(value) is not int or not 0 <= value <= largest:
        raise _UnreadableError("an id, a count or a time is no whole number within its range")
    return value


def _amount(value: Any, name: str) -> str:
    if type(value) is not str or not _AMOUNT.fullmatch(value) or (name == "price" and not value.strip("0.")):
        raise _UnreadableError(f"{name} is no decimal text of up to 18 digits before and after the point")
    return value
