"""What the exchange writes on the wire: stream events, REST rows and WebSocket frames."""

from typing import Literal, NamedTuple

from cryptostream_simulator.decimals import SCALE, text
from cryptostream_simulator.market import Feed
from cryptostream_simulator.trades import TradeRow

Damage = Literal["truncated", "fields"]
_TEXT_FRAME, _CLOSE_FRAME, _PING_FRAME = 0x81, 0x88, 0x89
_GOING_AWAY = 1001
_SHORT, _MEDIUM = 126, 65536


class Outgoing(NamedTuple):
    """A trade about to be sent, and what a fault has done to it."""

    row: TradeRow
    damage: Damage | None = None


def stream_event(feed: Feed, symbol: str, outgoing: Outgoing, event_time: int, per_unit: int) -> str:
    """A raw stream event. ``event_time`` in UTC microseconds; ``per_unit``: microseconds in a unit of the wire's
    times."""
    row = outgoing.row
    price = "NaN" if outgoing.damage == "fields" else text(row.price)
    maker = "true" if row.buyer_is_maker else "false"
    common = f'"p":"{price}","q":"{text(row.quantity)}"'
    ids = (
        f'"a":{row.id},{common},"f":{row.first_fill},"l":{row.last_fill}'
        if feed == "aggTrade"
        else f'"t":{row.id},{common}'
    )
    event = (
        f'{{"e":"{feed}","E":{event_time // per_unit},"s":"{symbol}",{ids},'
        f'"T":{row.time // per_unit},"m":{maker},"M":true}}'
    )
    return event[: len(event) // 2] if outgoing.damage == "truncated" else event


def combined(stream: str, event: str) -> str:
    """An event as a combined connection sends it."""
    return f'{{"stream":"{stream}","data":{event}}}'


def server_shutdown(event_time: int, per_unit: int) -> str:
    return f'{{"e":"serverShutdown","E":{event_time // per_unit}}}'


def aggregate_row(row: TradeRow, per_unit: int, malformed: bool = False) -> dict[str, object]:
    """A row of /api/v3/aggTrades."""
    return {
        "a": row.id,
        "p": "not-a-price" if malformed else text(row.price),
        "q": text(row.quantity),
        "f": row.first_fill,
        "l": row.last_fill,
        "T": row.time // per_unit,
        "m": row.buyer_is_maker,
        "M": True,
    }


def fill_row(row: TradeRow, per_unit: int, malformed: bool = False) -> dict[str, object]:
    """A row of /api/v3/historicalTrades and /api/v3/trades."""
    return {
        "id": row.id,
        "price": "not-a-price" if malformed else text(row.price),
        "qty": text(row.quantity),
        "quoteQty": text(row.price * row.quantity // SCALE),
        "time": row.time // per_unit,
        "isBuyerMaker": row.buyer_is_maker,
        "isBestMatch": True,
    }


def truth_row(row: TradeRow) -> dict[str, object]:
    """A row of /admin/tape: what was traded, in the terms of the trades topic."""
    return {
        "id": row.id,
        "price": text(row.price),
        "quantity": text(row.quantity),
        "fills": row.last_fill - row.first_fill + 1,
        "time": row.time,
        "side": "sell" if row.buyer_is_maker else "buy",
    }


def text_frame(message: str) -> bytes:
    """An unmasked, final WebSocket text frame (RFC 6455, section 5.2)."""
    return _frame(_TEXT_FRAME, message.encode())


def ping_frame(payload: bytes) -> bytes:
    return _frame(_PING_FRAME, payload)


def close_frame() -> bytes:
    return _frame(_CLOSE_FRAME, _GOING_AWAY.to_bytes(2, "big"))


def _frame(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _SHORT:
        return bytes((first_byte, length)) + payload
    if length < _MEDIUM:
        return bytes((first_byte, _SHORT, length >> 8, length & 0xFF)) + payload
    return bytes((first_byte, 127)) + length.to_bytes(8, "big") + payload
