"""Binance's WebSocket endpoints: /ws/<stream>[/<stream>...] and /stream?streams=<stream>/..."""

import time

from aiohttp import web

from cryptostream_simulator.connection import Connection
from cryptostream_simulator.faces.binance.control import answer
from cryptostream_simulator.faces.binance.messages import EventForm
from cryptostream_simulator.faces.binance.wire import stream_key
from cryptostream_simulator.limits import ConnectionLimit, SlidingLimit
from cryptostream_simulator.websocket import Opening, RefusedError, WebSocketEndpoint

_ATTEMPTS, _ATTEMPTS_WINDOW = 300, 300.0
_MESSAGES_PER_SECOND = 5


class BinanceSockets(WebSocketEndpoint[EventForm]):
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ws", self.handle),
            web.get("/ws/{streams:.*}", self.handle),
            web.get("/stream", self.handle),
        ]

    def new_attempt_limit(self) -> ConnectionLimit:
        return SlidingLimit(self.exchange.settings.connection_attempts or _ATTEMPTS, _ATTEMPTS_WINDOW, time.monotonic)

    @property
    def messages_per_second(self) -> int:
        return self.exchange.settings.messages_per_second or _MESSAGES_PER_SECOND

    def open(self, request: web.Request) -> Opening[EventForm]:
        is_combined = request.path == "/stream"
        listed = request.query.get("streams", "") if is_combined else request.match_info.get("streams", "")
        names = list(dict.fromkeys(name for name in listed.split("/") if name))
        allowed = self.exchange.settings.streams_per_connection
        if len(names) > allowed:
            raise RefusedError(400, f"at most {allowed} streams a connection")
        per_unit = 1 if request.query.get("timeUnit", "").upper() == "MICROSECOND" else 1000
        symbols = frozenset(self.exchange.market.tapes)
        return Opening(EventForm(is_combined, per_unit), {name: stream_key(name, symbols) for name in names})

    def receive(self, message: str, connection: Connection[EventForm]) -> None:
        connection.send(answer(message, connection, self.exchange))
