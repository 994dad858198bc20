"""Records of the trades and positions topics, and their JSON form (schema version 1).

docs/data-contracts.md says what each field means. Writers use the dataclasses; readers that need speed parse the JSON
with their own engine.
"""

from dataclasses import dataclass
from typing import Any, Literal

import orjson

SCHEMA_VERSION = 1
WRITER_KEY = "__writer"

Side = Literal["buy", "sell"]
GapReason = Literal["unavailable", "heal-limit", "invalid"]


class UnreadableRecordError(ValueError):
    """A record of the topic that this code cannot read; the text says why."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade (or aggregate of one taker order's fills at one price). Times in UTC microseconds."""

    exchange: str
    symbol: str
    feed: str
    id: int
    price: str
    quantity: str
    side: Side
    fills: int
    time: int
    event_time: int
    clock: int
    backfilled: bool

    def to_json(self) -> bytes:
        return orjson.dumps(
            {
                "v": SCHEMA_VERSION,
                "type": "trade",
                "exchange": self.exchange,
                "symbol": self.symbol,
                "feed": self.feed,
                "id": self.id,
                "price": self.price,
                "quantity": self.quantity,
                "side": self.side,
                "fills": self.fills,
                "time": self.time,
                "eventTime": self.event_time,
                "clock": self.clock,
                "backfilled": self.backfilled,
            }
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """Ids ``from_id`` to ``to_id``, inclusive, that cannot be had, in their place in the sequence."""

    exchange: str
    symbol: str
    feed: str
    from_id: int
    to_id: int
    reason: GapReason
    clock: int

    def to_json(self) -> bytes:
        return orjson.dumps(
            {
                "v": SCHEMA_VERSION,
                "type": "gap",
                "exchange": self.exchange,
                "symbol": self.symbol,
                "feed": self.feed,
                "fromId": self.from_id,
                "toId": self.to_id,
                "reason": self.reason,
                "clock": self.clock,
            }
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """The symbol is complete up to ``clock`` (UTC microseconds)."""

    exchange: str
    symbol: str
    feed: str
    clock: int

    def to_json(self) -> bytes:
        return orjson.dumps(
            {
                "v": SCHEMA_VERSION,
                "type": "progress",
                "exchange": self.exchange,
                "symbol": self.symbol,
                "feed": self.feed,
                "clock": self.clock,
            }
        )


Record = Trade | Gap | Progress


@dataclass(frozen=True, slots=True)
class Position:
    """How far a symbol has been written: its last id (None while none is known) and its clock."""

    exchange: str
    symbol: str
    feed: str
    last_id: int | None
    clock: int

    def to_json(self) -> bytes:
        return orjson.dumps(
            {
                "v": SCHEMA_VERSION,
                "type": "position",
                "exchange": self.exchange,
                "symbol": self.symbol,
                "feed": self.feed,
                "lastId": self.last_id,
                "clock": self.clock,
            }
        )


@dataclass(frozen=True, slots=True)
class Writer:
    """The producer process that owns a partition, under the key WRITER_KEY of the positions topic."""

    writer: str

    def to_json(self) -> bytes:
        return orjson.dumps({"v": SCHEMA_VERSION, "type": "writer", "writer": self.writer})


def parse_position(value: bytes) -> Position | Writer:
    """Read a value of the positions topic. Raises UnreadableRecordError, for a newer schema too."""
    fields = _object(value)
    try:
        match fields["type"]:
            case "position":
                return Position(fields["exchange"], fields["symbol"], fields["feed"], fields["lastId"], fields["clock"])
            case "writer":
                return Writer(fields["writer"])
            case other:
                raise UnreadableRecordError(f"type {other!r} in the positions topic")
    except KeyError as missing:
        raise UnreadableRecordError(f"field {missing} is missing") from None


def parse_record(value: bytes) -> Record:
    """Read a value of the trades topic. Raises UnreadableRecordError, for a newer schema too."""
    fields = _object(value)
    try:
        match fields["type"]:
            case "trade":
                return Trade(
                    fields["exchange"],
                    fields["symbol"],
                    fields["feed"],
                    fields["id"],
                    fields["price"],
                    fields["quantity"],
                    fields["side"],
                    fields["fills"],
                    fields["time"],
                    fields["eventTime"],
                    fields["clock"],
                    fields["backfilled"],
                )
            case "gap":
                return Gap(
                    fields["exchange"],
                    fields["symbol"],
                    fields["feed"],
                    fields["fromId"],
                    fields["toId"],
                    fields["reason"],
                    fields["clock"],
                )
            case "progress":
                return Progress(fields["exchange"], fields["symbol"], fields["feed"], fields["clock"])
            case other:
                raise UnreadableRecordError(f"type {other!r} in the trades topic")
    except KeyError as missing:
        raise UnreadableRecordError(f"field {missing} is missing") from None


def _object(value: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecordError(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise UnreadableRecordError("not a JSON object")
    version = fields.get("v")
    if version != SCHEMA_VERSION:
        raise UnreadableRecordError(
            f"schema version {version!r}, this code reads {SCHEMA_VERSION}: a newer producer wrote it, update this part"
            if isinstance(version, int) and version > SCHEMA_VERSION
            else f"schema version {version!r} is unknown"
        )
    return fields
