"""WebSocket endpoints: /ws/<stream>[/<stream>...] and /stream?streams=<stream>/..."""

import asyncio
import time

from aiohttp import WSCloseCode, WSMsgType, web

from cryptostream_model.logs import get_logger
from cryptostream_simulator.connection import Connection
from cryptostream_simulator.control import answer
from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.messages import combined, server_shutdown

_WATCH_INTERVAL = 0.05
_SHUTDOWN_STREAM = "!serverShutdown"
log = get_logger(__name__)


class WebSocketEndpoint:
    """Opens connections, reads them, pings them and ends them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ws", self.handle),
            web.get("/ws/{streams:.*}", self.handle),
            web.get("/stream", self.handle),
        ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        exchange, settings = self._exchange, self._exchange.settings
        if refusal := exchange.board.strike("refuse"):
            return web.Response(status=refusal.request.status, text="connection refused by a fault")
        if not exchange.may_connect(request.remote or ""):
            return web.Response(status=429, text="too many connection attempts")
        is_combined = request.path == "/stream"
        listed = request.query.get("streams", "") if is_combined else request.match_info.get("streams", "")
        names = list(dict.fromkeys(name for name in listed.split("/") if name))
        if len(names) > settings.streams_per_connection:
            return web.Response(status=400, text=f"at most {settings.streams_per_connection} streams a connection")

        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        per_unit = 1 if request.query.get("timeUnit", "").upper() == "MICROSECOND" else 1000
        connection = Connection(
            transport,
            is_combined=is_combined,
            per_unit=per_unit,
            messages_per_second=settings.messages_per_second,
            send_buffer=settings.send_buffer,
            clock=time.monotonic,
        )
        exchange.connections.add(connection)
        exchange.feed.subscribe(connection, names)
        log.info("connected", streams=len(names), combined=is_combined, connections=len(exchange.connections))
        try:
            await self._read(connection, socket)
        finally:
            exchange.feed.unsubscribe(connection, list(connection.streams))
            exchange.connections.discard(connection)
            log.info("disconnected", events=connection.events_sent, connections=len(exchange.connections))
        return socket

    def announce_shutdown(self, close_after: float | None) -> int:
        """Send serverShutdown to all connections, and close them so many seconds later; returns their number."""
        now = self._exchange.market.clock.now()
        for connection in self._exchange.connections:
            notice = server_shutdown(now, connection.per_unit)
            connection.send(combined(_SHUTDOWN_STREAM, notice) if connection.is_combined else notice)
            if close_after is not None:
                connection.close_at = time.monotonic() + close_after
        return len(self._exchange.connections)

    def cut(self, symbol: str | None) -> int:
        """Close abruptly all connections, or those that listen to a symbol; returns their number."""
        chosen = [
            connection
            for connection in self._exchange.connections
            if symbol is None or any(key is not None and key.symbol == symbol for key in connection.streams.values())
        ]
        for connection in chosen:
            connection.abort()
        return len(chosen)

    async def watch(self) -> None:
        """Ping connections, and close those that do not answer or have lived long enough. Runs until cancelled."""
        settings = self._exchange.settings
        interval, timeout = settings.ping_interval.total_seconds(), settings.pong_timeout.total_seconds()
        life = settings.connection_life.total_seconds()
        while True:
            await asyncio.sleep(_WATCH_INTERVAL)
            now = time.monotonic()
            mute = any(not fault.request.pings for fault in self._exchange.board.of("silence"))
            for connection in list(self._exchange.connections):
                if connection.is_unresponsive(timeout):
                    log.info("no pong", seconds=timeout)
                    connection.abort()
                elif connection.has_ended(life):
                    connection.close()
                elif now - connection.pinged >= interval and not mute:
                    connection.ping(str(self._exchange.market.clock.now() // 1000).encode())

    async def _read(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        limit = self._exchange.settings.streams_per_connection
        async for message in socket:
            if not connection.incoming.allows():
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests")
                return
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type == WSMsgType.PONG:
                connection.pong(bytes(message.data))
            elif message.type == WSMsgType.TEXT:
                connection.send(answer(message.data, connection, self._exchange.feed, limit))
