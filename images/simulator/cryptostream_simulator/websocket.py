"""WebSocket connections: opened, read, pinged and ended alike whatever protocol is spoken on them."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from aiohttp import WSCloseCode, WSMsgType, web

from cryptostream_model.logs import get_logger
from cryptostream_simulator.connection import Connection, StreamForm
from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.limits import ConnectionLimit
from cryptostream_simulator.stream_faults import StreamKey

_WATCH_INTERVAL = 0.05
log = get_logger(__name__)
Form = TypeVar("Form", bound=StreamForm)


class Opening(NamedTuple, Generic[Form]):
    """What a request asks for: the form of the messages, and streams from the start."""

    form: Form
    streams: Mapping[str, StreamKey | None]


class RefusedError(Exception):
    """A connection that the exchange does not accept."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class WebSocketEndpoint(ABC, Generic[Form]):
    """Opens connections, reads them, pings them and ends them. A protocol fills in what is its own."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._attempts: dict[str, ConnectionLimit] = {}

    @abstractmethod
    def routes(self) -> list[web.RouteDef]: ...

    @abstractmethod
    def new_attempt_limit(self) -> ConnectionLimit:
        """How often an address may connect."""

    @property
    @abstractmethod
    def messages_per_second(self) -> int:
        """Messages, pings and pongs that a client may send."""

    @abstractmethod
    def open(self, request: web.Request) -> Opening[Form]:
        """Read what a request asks for. Raises RefusedError."""

    @abstractmethod
    def receive(self, message: str, connection: Connection[Form]) -> None:
        """Carry out a client's message and answer it."""

    def has_expired(self, connection: Connection[StreamForm]) -> bool:  # noqa: ARG002
        """Whether the protocol ends a connection for something that its client has not done."""
        return False

    def beat(self, now: float) -> None:
        """Whatever the exchange sends of its own accord; called often, ``now`` in seconds of ``time.monotonic``."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        exchange, settings = self.exchange, self.exchange.settings
        if refusal := exchange.board.strike("refuse"):
            return web.Response(status=refusal.request.status, text="connection refused by a fault")
        if not self._may_connect(request.remote or ""):
            return web.Response(status=429, text="too many connection attempts")
        try:
            opening = self.open(request)
        except RefusedError as error:
            return web.Response(status=error.status, text=str(error))

        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        connection = Connection(
            transport,
            form=opening.form,
            address=request.remote or "",
            messages_per_second=self.messages_per_second,
            send_buffer=settings.send_buffer,
            clock=time.monotonic,
        )
        exchange.connections.add(connection)
        exchange.feed.subscribe(connection, opening.streams)
        log.info("connected", streams=len(opening.streams), connections=len(exchange.connections))
        try:
            await self._read(connection, socket)
        finally:
            exchange.feed.unsubscribe(connection, list(connection.streams))
            exchange.connections.discard(connection)
            log.info("disconnected", events=connection.events_sent, connections=len(exchange.connections))
        return socket

    def announce_shutdown(self, close_after: float | None) -> int:
        """Tell all connections, as far as the protocol has words for it, and close them so many seconds later; returns
        their number."""
        now = self.exchange.market.clock.now()
        for connection in self.exchange.connections:
            notice = connection.form.shutdown_notice(now)
            if notice is not None:
                connection.send(notice)
            if close_after is not None:
                connection.close_at = time.monotonic() + close_after
        return len(self.exchange.connections)

    def cut(self, symbol: str | None) -> int:
        """Close abruptly all connections, or those that listen to a symbol; returns their number."""
        chosen = [
            connection
            for connection in self.exchange.connections
            if symbol is None or any(key is not None and key.symbol == symbol for key in connection.streams.values())
        ]
        for connection in chosen:
            connection.abort()
        return len(chosen)

    async def watch(self) -> None:
        """Ping connections, and close those that do not answer or have lived long enough. Runs until cancelled."""
        settings = self.exchange.settings
        interval, timeout = settings.ping_interval.total_seconds(), settings.pong_timeout.total_seconds()
        life = settings.connection_life.total_seconds()
        while True:
            await asyncio.sleep(_WATCH_INTERVAL)
            now = time.monotonic()
            mute = any(not fault.request.pings for fault in self.exchange.board.of("silence"))
            for connection in list(self.exchange.connections):
                if connection.is_unresponsive(timeout):
                    log.info("no pong", seconds=timeout)
                    connection.abort()
                elif connection.has_ended(life) or self.has_expired(connection):
                    connection.close()
                elif now - connection.pinged >= interval and not mute:
                    connection.ping(str(self.exchange.market.clock.now() // 1000).encode())
            self.beat(now)

    def _may_connect(self, address: str) -> bool:
        if address not in self._attempts:
            self._attempts[address] = self.new_attempt_limit()
        return self._attempts[address].allows()

    async def _read(self, connection: Connection[Form], socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if not connection.incoming.allows():
                await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests")
                return
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type == WSMsgType.PONG:
                connection.pong(bytes(message.data))
            elif message.type == WSMsgType.TEXT:
                self.receive(message.data, connection)
