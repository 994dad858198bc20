"""Binance Spot: combined streams ``<symbol>@aggTrade`` and ``<symbol>@trade``, healed over REST.

Source: binance/binance-spot-api-docs, web-socket-streams.md and rest-api.md.
Ids are contiguous per symbol within a feed. ``m`` (buyer is maker) true means that the taker sold.
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
    IgnoredFrame,
    InvalidRow,
    Limits,
    RestRequest,
    Row,
    Search,
    ShutdownNotice,
    SubscriptionReply,
)
from cryptostream_producer.exchanges.values import (
    json_list,
    json_message,
    json_object,
    positive_decimal,
    trade_id,
    utc_microseconds,
)

_UNKNOWN_SYMBOL = -1121
_PAGE = 1000


class Binance:
    name = "binance"
    feeds = ("aggTrade", "trade")
    limits = Limits(
        streams_per_connection=1024,
        streams_per_message=100,
        message_interval=0.3,
        page=_PAGE,
        page_spans_ids=False,
        rest_weight_per_minute=6000,
        rest_window=60.0,
    )
    symbol_pattern = re.compile(r"[A-Z0-9]{2,30}")
    symbol_form = "letters and digits, as in BTCUSDT"
    trading_status = "TRADING"
    rest_headers: Mapping[str, str] = {"X-MBX-TIME-UNIT": "MICROSECOND"}

    def default_websocket_url(self, feed: str) -> str:  # noqa: ARG002
        return "wss://data-stream.binance.vision"

    def default_rest_url(self, feed: str) -> str:
        """The market-data-only host has no historicalTrades, which the ``trade`` feed needs."""
        return "https://data-api.binance.vision" if feed == "aggTrade" else "https://api.binance.com"

    def websocket_endpoint(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/stream?timeUnit=MICROSECOND"

    def subscribe_messages(self, symbols: Sequence[str], feed: str) -> list[tuple[int, str]]:
        size = self.limits.streams_per_message
        chunks = [symbols[start : start + size] for start in range(0, len(symbols), size)]
        return [(number, _subscribe(number, chunk, feed)) for number, chunk in enumerate(chunks, start=1)]

    def parse_frame(self, frame: bytes, feed: str) -> Frame:
        message = json_message(frame)
        data = message.get("data", message)
        if type(data) is not dict:
            raise BadMessageError("data is not a JSON object")
        kind = data.get("e")
        if kind == feed:
            return _stream_trade(data, feed)
        if kind == "serverShutdown":
            return ShutdownNotice()
        if kind is None and "stream" not in message:
            return _reply(message)
        return IgnoredFrame(kind if type(kind) is str else _stream_kind(message))

    def page_from(self, symbol: str, feed: str, first_id: int) -> RestRequest:
        path, weight = ("/api/v3/aggTrades", 4) if feed == "aggTrade" else ("/api/v3/historicalTrades", 25)
        return RestRequest(path, weight, {"symbol": symbol, "fromId": first_id, "limit": _PAGE})

    def parse_page(self, symbol: str, feed: str, body: bytes) -> list[Row]:
        return [_row(symbol, feed, fields) for fields in json_list(body)]

    def first_since(self, symbol: str, feed: str, time: int) -> Search:
        """Only aggTrades can be asked by time; an aggregate's ``f`` is the id of its first trade."""
        body = yield RestRequest("/api/v3/aggTrades", 4, {"symbol": symbol, "startTime": time, "limit": 1})
        ids = [_field_id(row, "a" if feed == "aggTrade" else "f") for row in json_list(body)]
        return min(ids, default=None)

    def latest(self, symbol: str, feed: str) -> RestRequest:  # noqa: ARG002
        return RestRequest("/api/v3/aggTrades", 4, {"symbol": symbol, "limit": 1})

    def parse_latest_id(self, feed: str, body: bytes) -> int | None:
        ids = [_field_id(row, "a" if feed == "aggTrade" else "l") for row in json_list(body)]
        return max(ids, default=None)

    def server_time(self) -> RestRequest:
        return RestRequest("/api/v3/time", 1)

    def parse_server_time(self, body: bytes) -> int:
        return utc_microseconds(json_object(body).get("serverTime"), "serverTime")

    def symbol_list(self, symbols: Sequence[str] | None) -> RestRequest:
        if symbols is None:
            return RestRequest("/api/v3/exchangeInfo", 20)
        return RestRequest("/api/v3/exchangeInfo", 20, {"symbols": orjson.dumps(list(symbols)).decode()})

    def is_unknown_symbol(self, status: int, body: bytes) -> bool:
        if status != 400:
            return False
        try:
            return json_object(body).get("code") == _UNKNOWN_SYMBOL
        except BadMessageError:
            return False

    def parse_symbol_list(self, body: bytes) -> dict[str, str]:
        listed = json_object(body).get("symbols")
        if type(listed) is not list:
            raise BadMessageError("exchangeInfo holds no list of symbols")
        return {str(entry["symbol"]): str(entry.get("status")) for entry in listed if "symbol" in entry}

    def used_weight(self, headers: Mapping[str, str]) -> int | None:
        value = headers.get("X-MBX-USED-WEIGHT-1M", "")
        return int(value) if value.isdigit() else None


BINANCE = Binance()


def _subscribe(number: int, symbols: Sequence[str], feed: str) -> str:
    streams = [f"{symbol.lower()}@{feed}" for symbol in symbols]
    return orjson.dumps({"method": "SUBSCRIBE", "params": streams, "id": number}).decode()


def _stream_kind(message: dict[str, Any]) -> str:
    return str(message.get("stream", "unknown")).partition("@")[2] or "unknown"


def _reply(message: dict[str, Any]) -> Frame:
    number = message.get("id")
    message_id = number if type(number) is int else None
    refusal = message.get("error", message)
    if type(refusal) is dict and "code" in refusal:
        return SubscriptionReply(message_id, f"{refusal.get('code')}: {refusal.get('msg')}")
    if "result" in message:
        return SubscriptionReply(message_id, None)
    return IgnoredFrame("unknown")


def _stream_trade(data: dict[str, Any], feed: str) -> ExchangeTrade:
    symbol = data.get("s")
    if type(symbol) is not str:
        raise BadMessageError(f"symbol {symbol!r} is not a string")
    number: Any = None
    try:
        number = data.get("a" if feed == "aggTrade" else "t")
        return ExchangeTrade(
            symbol,
            trade_id(number),
            positive_decimal(data.get("p"), "price"),
            positive_decimal(data.get("q"), "quantity"),
            _taker_side(data.get("m")),
            _fills(data) if feed == "aggTrade" else 1,
            utc_microseconds(data.get("T"), "trade time"),
            utc_microseconds(data.get("E"), "event time"),
        )
    except BadMessageError as error:
        raise BadMessageError(error.reason, symbol, number if type(number) is int else None) from None


def _row(symbol: str, feed: str, fields: Any) -> Row:
    if type(fields) is not dict:
        return InvalidRow(None, "not a JSON object")
    number = fields.get("a" if feed == "aggTrade" else "id")
    try:
        if feed == "aggTrade":
            price, quantity, time, buyer_is_maker = (fields.get(name) for name in ("p", "q", "T", "m"))
        else:
            price, quantity, time, buyer_is_maker = (
                fields.get(name) for name in ("price", "qty", "time", "isBuyerMaker")
            )
        at = utc_microseconds(time, "trade time")
        return ExchangeTrade(
            symbol,
            trade_id(number),
            positive_decimal(price, "price"),
            positive_decimal(quantity, "quantity"),
            _taker_side(buyer_is_maker),
            _fills(fields) if feed == "aggTrade" else 1,
            at,
            at,
        )
    except BadMessageError as error:
        return InvalidRow(number if type(number) is int and number >= 0 else None, error.reason)


def _taker_side(buyer_is_maker: Any) -> Side:
    if buyer_is_maker is True:
        return "sell"
    if buyer_is_maker is False:
        return "buy"
    raise BadMessageError(f"buyer-is-maker {buyer_is_maker!r} is not a boolean")


def _fills(data: dict[str, Any]) -> int:
    first, last = data.get("f"), data.get("l")
    if type(first) is not int or type(last) is not int or last < first:
        raise BadMessageError(f"first and last trade id {first!r}, {last!r} are not a range")
    return last - first + 1


def _field_id(row: Any, name: str) -> int:
    return trade_id(row.get(name) if type(row) is dict else None)
