"""Coinbase Exchange: the ``matches`` channel with heartbeats, healed over REST.

Source: docs.cdp.coinbase.com/exchange, pages on the WebSocket feed (overview, channels, rate limits) and the REST API
(get product trades, pagination, rate limits). ``trade_id`` is contiguous per product; ``sequence`` counts messages of
other channels too and proves nothing. ``side`` is the maker's, over WebSocket and over REST. The exchange may lose
messages of the channel: a heartbeat's ``last_trade_id`` shows it, where it is not stuck at 0.

REST pages have the newest trade first. ``after=ID`` asks for trades older than that id, wherever it lies.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cryptostream_model.records import Side
from cryptostream_producer.exchanges.base import (
    BadMessageError,
    ExchangeTrade,
    Frame,
    Heartbeat,
    IgnoredFrame,
    InvalidRow,
    Limits,
    RestRequest,
    Row,
    Search,
    SubscriptionReply,
)
from cryptostream_producer.exchanges.values import (
    json_answer,
    json_list,
    json_message,
    json_object,
    positive_decimal,
    rfc3339_microseconds,
    trade_id,
)

_PAGE = 1000
_SUBSCRIBE_ID = 1
_TAKER_SIDE: Mapping[str, Side] = {"buy": "sell", "sell": "buy"}


class Coinbase:
    name = "coinbase"
    feeds = ("matches",)
    limits = Limits(
        # The documentation names no limit of products; one message carries them all, so that one reply answers it.
        streams_per_connection=1024,
        streams_per_message=1024,
        message_interval=0.1,
        page=_PAGE,
        page_spans_ids=True,
        rest_weight_per_minute=600,
        rest_window=1.0,
    )
    symbol_pattern = re.compile(r"[A-Z0-9]{1,20}-[A-Z0-9]{2,20}")
    symbol_form = "base and quote currency with a hyphen, as in BTC-USD"
    trading_status = "online"
    rest_headers: Mapping[str, str] = {}

    def default_websocket_url(self, feed: str) -> str:  # noqa: ARG002
        return "wss://ws-feed.exchange.coinbase.com"

    def default_rest_url(self, feed: str) -> str:  # noqa: ARG002
        return "https://api.exchange.coinbase.com"

    def websocket_endpoint(self, base_url: str) -> str:
        return base_url

    def subscribe_messages(self, symbols: Sequence[str], feed: str) -> list[tuple[int, str]]:
        message = {"type": "subscribe", "product_ids": list(symbols), "channels": [feed, "heartbeat"]}
        return [(_SUBSCRIBE_ID, orjson.dumps(message).decode())]

    def parse_frame(self, frame: bytes, feed: str) -> Frame:
        message = json_message(frame)
        kind = message.get("type")
        if kind in ("match", "last_match"):
            return _match(message)
        if kind == "heartbeat":
            return _heartbeat(message)
        if kind == "error":
            return SubscriptionReply(None, f"{message.get('message')}: {message.get('reason')}")
        if kind == "subscriptions" and _names_channel(message, feed):
            return SubscriptionReply(_SUBSCRIBE_ID, None)
        return IgnoredFrame(kind if type(kind) is str else "unknown")

    def page_from(self, symbol: str, feed: str, first_id: int) -> RestRequest:  # noqa: ARG002
        """Where fewer ids follow ``first_id``, the page is filled with older trades."""
        return _trades_before(symbol, first_id + _PAGE, _PAGE)

    def parse_page(self, symbol: str, feed: str, body: bytes) -> list[Row]:  # noqa: ARG002
        return [_row(symbol, fields) for fields in reversed(json_list(body))]

    def first_since(self, symbol: str, feed: str, time: int) -> Search:
        """Trades cannot be asked by time: steps that double lead back beyond it, halving closes in on it."""
        newest = _newest_of(json_list((yield self.latest(symbol, feed))))
        if newest is None or newest[1] < time:
            return None
        high, step = newest[0], _PAGE
        low = high - step
        while low > 0:
            older = _newest_of(json_list((yield _trades_before(symbol, low + 1, 1))))
            if older is None or older[1] < time:
                break
            high, step = older[0], step * 2
            low = high - step
        low = max(low, 0)
        while high - low > _PAGE:
            middle = (low + high) // 2
            older = _newest_of(json_list((yield _trades_before(symbol, middle + 1, 1))))
            if older is None or older[0] <= low or older[1] < time:
                low = middle
            else:
                high = older[0]
        rows = json_list((yield _trades_before(symbol, high, _PAGE)))
        found = [number for number, traded in map(_id_and_time, rows) if number > low and traded >= time]
        return min(found, default=high)

    def latest(self, symbol: str, feed: str) -> RestRequest:  # noqa: ARG002
        return RestRequest(f"/products/{symbol}/trades", 1, {"limit": 1})

    def parse_latest_id(self, feed: str, body: bytes) -> int | None:  # noqa: ARG002
        return max((_id_and_time(row)[0] for row in json_list(body)), default=None)

    def server_time(self) -> RestRequest:
        return RestRequest("/time", 1)

    def parse_server_time(self, body: bytes) -> int:
        """``epoch`` is a binary fraction, ``iso`` is exact."""
        return rfc3339_microseconds(json_object(body).get("iso"), "iso")

    def symbol_list(self, symbols: Sequence[str] | None) -> RestRequest:
        """One product, or all: there is no list of a few."""
        if symbols is not None and len(symbols) == 1:
            return RestRequest(f"/products/{symbols[0]}", 1)
        return RestRequest("/products", 1)

    def is_unknown_symbol(self, status: int, body: bytes) -> bool:  # noqa: ARG002
        return status == 404

    def parse_symbol_list(self, body: bytes) -> dict[str, str]:
        answer = json_answer(body)
        products = answer if type(answer) is list else [answer]
        if not all(type(product) is dict for product in products):
            raise BadMessageError("the answer is neither a product nor a list of products")
        return {str(product["id"]): _status(product) for product in products if "id" in product}

    def used_weight(self, headers: Mapping[str, str]) -> int | None:  # noqa: ARG002
        return None


COINBASE = Coinbase()


def _trades_before(symbol: str, trade_id: int, limit: int) -> RestRequest:
    return RestRequest(f"/products/{symbol}/trades", 1, {"after": trade_id, "limit": limit})


def _match(message: dict[str, Any]) -> ExchangeTrade:
    symbol, number = message.get("product_id"), message.get("trade_id")
    if type(symbol) is not str:
        raise BadMessageError(f"product {symbol!r} is not a string")
    try:
        return _trade(symbol, number, message)
    except BadMessageError as error:
        raise BadMessageError(error.reason, symbol, number if type(number) is int else None) from None


def _row(symbol: str, fields: Any) -> Row:
    if type(fields) is not dict:
        return InvalidRow(None, "not a JSON object")
    number = fields.get("trade_id")
    try:
        return _trade(symbol, number, fields)
    except BadMessageError as error:
        return InvalidRow(number if type(number) is int and number >= 0 else None, error.reason)


def _trade(symbol: str, number: Any, fields: dict[str, Any]) -> ExchangeTrade:
    """A fill, which the stream and REST name alike. The exchange does not tell when it sent it."""
    side = fields.get("side")
    if type(side) is not str or side not in _TAKER_SIDE:
        raise BadMessageError(f"side {side!r} is neither buy nor sell")
    time = rfc3339_microseconds(fields.get("time"), "time")
    return ExchangeTrade(
        symbol,
        trade_id(number),
        positive_decimal(fields.get("price"), "price"),
        positive_decimal(fields.get("size"), "size"),
        _TAKER_SIDE[side],
        1,
        time,
        time,
    )


def _heartbeat(message: dict[str, Any]) -> Frame:
    symbol, last = message.get("product_id"), message.get("last_trade_id")
    try:
        time = rfc3339_microseconds(message.get("time"), "time")
        last_id = trade_id(last) if last else None
    except BadMessageError:
        return IgnoredFrame("unreadable-heartbeat")
    return Heartbeat(symbol, time, last_id) if type(symbol) is str else IgnoredFrame("unreadable-heartbeat")


def _names_channel(message: dict[str, Any], feed: str) -> bool:
    channels = message.get("channels")
    return type(channels) is list and any(type(each) is dict and each.get("name") == feed for each in channels)


def _id_and_time(row: Any) -> tuple[int, int]:
    if type(row) is not dict:
        raise BadMessageError("a trade is not a JSON object")
    return trade_id(row.get("trade_id")), rfc3339_microseconds(row.get("time"), "time")


def _newest_of(rows: list[Any]) -> tuple[int, int] | None:
    return max(map(_id_and_time, rows), default=None)


def _status(product: dict[str, Any]) -> str:
    return "trading disabled" if product.get("trading_disabled") is True else str(product.get("status"))
