"""From the bytes of the trades topic to what the view needs of them, quickly."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from cryptostream_model.records import SCHEMA_VERSION

_LARGEST = 2**62
# Records are written with this field last; one that is not is read in full and gives the same.
_BACKFILLED = b'"backfilled":true}'


@dataclass(slots=True)
class SymbolArrivals:
    """What one poll of the topic brought of a symbol. Times in UTC microseconds.

    ``ids`` and ``sent`` are those of trades that came over the stream; the last trade may have come over REST.
    """

    ids: list[int] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    last_id: int | None = None
    price: Decimal | None = None
    traded_at: int | None = None


@dataclass(slots=True)
class Arrivals:
    """What one poll of the topic brought; ``unreadable`` records were passed over."""

    symbols: dict[str, SymbolArrivals] = field(default_factory=dict)
    unreadable: int = 0


def decode(records: Iterable[tuple[bytes | None, bytes | None]]) -> Arrivals:
    """Read keys and values in the order of the topic. Of trades from history only a symbol's last one is looked at."""
    arrivals = Arrivals()
    history: dict[bytes | None, bytes] = {}
    for key, value in records:
        if value is not None and value.endswith(_BACKFILLED):
            history[key] = value
        else:
            _read(arrivals, value)
    for value in history.values():
        _read(arrivals, value)
    return arrivals


def _read(arrivals: Arrivals, value: bytes | None) -> None:
    try:
        fields = orjson.loads(value or b"")
        _check_version(fields)
        symbol = arrivals.symbols.get(fields["symbol"])
        if symbol is None:
            symbol = arrivals.symbols[str(fields["symbol"])] = SymbolArrivals()
        if fields["type"] == "trade":
            _read_trade(symbol, fields)
    except (KeyError, TypeError, ValueError, InvalidOperation):
        arrivals.unreadable += 1


def _check_version(fields: dict[str, Any]) -> None:
    if fields["v"] != SCHEMA_VERSION:
        raise ValueError("another schema")


def _read_trade(symbol: SymbolArrivals, fields: dict[str, Any]) -> None:
    id_, sent = fields["id"], fields["eventTime"]
    if not (type(id_) is int and type(sent) is int and 0 <= id_ < _LARGEST and 0 <= sent < _LARGEST):
        raise ValueError("not an id and a time")
    if not fields["backfilled"]:
        symbol.ids.append(id_)
        symbol.sent.append(sent)
    if symbol.last_id is None or id_ > symbol.last_id:
        price = Decimal(fields["price"])
        if not price.is_finite():
            raise ValueError("not a price")
        symbol.last_id, symbol.price, symbol.traded_at = id_, price, sent
