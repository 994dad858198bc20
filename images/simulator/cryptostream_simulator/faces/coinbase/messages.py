"""What Coinbase writes on the wire: matches, heartbeats, replies and REST rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from cryptostream_simulator.decimals import text
from cryptostream_simulator.outgoing import Outgoing, truncated
from cryptostream_simulator.stream_faults import StreamKey
from cryptostream_simulator.trades import TradeRow

_SECOND = 1_000_000
_MAKER, _TAKER = 1, 2
_MESSAGES_A_TRADE = 7
"""``sequence`` counts all messages of the product, of which trades are a few: it jumps between matches."""


@dataclass(frozen=True, slots=True)
class MatchForm:
    """Matches are written alike on every connection."""

    def messages(self, key: StreamKey, batch: Sequence[Outgoing], now: int) -> Iterable[str]:  # noqa: ARG002
        return (match(key.symbol, outgoing) for outgoing in batch)

    def shutdown_notice(self, now: int) -> str | None:  # noqa: ARG002
        """The exchange has none."""
        return None


def match(product: str, outgoing: Outgoing, kind: str = "match") -> str:
    """A match, or the last one before a subscription. ``side`` is the maker's."""
    row = outgoing.row
    price = "NaN" if outgoing.damage == "fields" else _shortest(row.price)
    message = {
        "type": kind,
        "trade_id": row.id,
        "maker_order_id": _order_id(row.id, _MAKER),
        "taker_order_id": _order_id(row.id, _TAKER),
        "side": _maker_side(row),
        "size": _shortest(row.quantity),
        "price": price,
        "product_id": product,
        "sequence": sequence_of(row.id),
        "time": time_text(row.time),
    }
    return truncated(orjson.dumps(message).decode(), outgoing)


def heartbeat(product: str, last_trade_id: int, now: int) -> str:
    """``now`` in UTC microseconds; ``last_trade_id`` 0 before the first trade."""
    message = {
        "type": "heartbeat",
        "last_trade_id": last_trade_id,
        "product_id": product,
        "sequence": sequence_of(last_trade_id) + 1,
        "time": time_text(now),
    }
    return orjson.dumps(message).decode()


def subscriptions(products_by_channel: Mapping[str, Sequence[str]]) -> str:
    """All that a connection is subscribed to now."""
    channels = [{"name": name, "product_ids": list(products)} for name, products in products_by_channel.items()]
    return orjson.dumps({"type": "subscriptions", "channels": channels}).decode()


def error(message: str, reason: str) -> str:
    return orjson.dumps({"type": "error", "message": message, "reason": reason}).decode()


def trade_row(row: TradeRow, malformed: bool = False) -> dict[str, object]:
    """A row of /products/<id>/trades."""
    return {
        "trade_id": row.id,
        "side": _maker_side(row),
        "size": text(row.quantity),
        "price": "not-a-price" if malformed else text(row.price),
        "time": time_text(row.time),
    }


def sequence_of(trade_id: int) -> int:
    return trade_id * _MESSAGES_A_TRADE


def time_text(time: int) -> str:
    """UTC microseconds as ``2021-04-17T16:43:30.244075Z``."""
    moment = datetime.fromtimestamp(time // _SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time % _SECOND:06d}Z"


def _shortest(value: int) -> str:
    """Units of 1e-8 without trailing zeros, as the stream prints them; REST prints all eight decimals."""
    return text(value).rstrip("0").rstrip(".")


def _maker_side(row: TradeRow) -> str:
    return "buy" if row.buyer_is_maker else "sell"


def _order_id(trade_id: int, role: int) -> str:
    """An id in the form of a UUID that follows from the trade's."""
    return f"{trade_id & 0xFFFFFFFF:08x}-0000-4000-8000-{trade_id >> 32:08x}{role:04x}"
