"""Coinbase's WebSocket endpoint: one path, subscriptions by message, heartbeats."""

import time

from aiohttp import web

from cryptostream_simulator.connection import Connection, StreamForm
from cryptostream_simulator.exchange import Exchange
from cryptostream_simulator.faces.coinbase.control import ControlError, Subscription, parse_request
from cryptostream_simulator.faces.coinbase.messages import MatchForm, error, heartbeat, match, subscriptions
from cryptostream_simulator.faces.coinbase.wire import HEARTBEAT, stream_key, stream_name
from cryptostream_simulator.limits import ConnectionLimit, SlidingLimit, TokenBucket
from cryptostream_simulator.outgoing import Outgoing
from cryptostream_simulator.websocket import Opening, WebSocketEndpoint

_ATTEMPTS_A_SECOND, _ATTEMPTS_AT_ONCE = 8, 20
_ATTEMPTS_WINDOW = 300.0
_MESSAGES_PER_SECOND = 100
_SUBSCRIPTIONS_A_CHANNEL = 10
_SUBSCRIBE_WITHIN = 5.0
_HEARTBEAT_INTERVAL = 1.0


class CoinbaseSockets(WebSocketEndpoint[MatchForm]):
    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._next_beat = 0.0

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.handle)]

    def new_attempt_limit(self) -> ConnectionLimit:
        configured = self.exchange.settings.connection_attempts
        if configured is not None:
            return SlidingLimit(configured, _ATTEMPTS_WINDOW, time.monotonic)
        return TokenBucket(_ATTEMPTS_A_SECOND, _ATTEMPTS_AT_ONCE, time.monotonic)

    @property
    def messages_per_second(self) -> int:
        return self.exchange.settings.messages_per_second or _MESSAGES_PER_SECOND

    def open(self, request: web.Request) -> Opening[MatchForm]:  # noqa: ARG002
        return Opening(MatchForm(), {})

    def receive(self, message: str, connection: Connection[MatchForm]) -> None:
        try:
            kind, wanted = parse_request(message, self.exchange.market.tapes)
            if kind == "subscribe":
                self._subscribe(connection, wanted)
            else:
                self._unsubscribe(connection, wanted)
        except ControlError as refusal:
            connection.send(error(refusal.message, str(refusal)))

    def has_expired(self, connection: Connection[StreamForm]) -> bool:
        return not connection.streams and time.monotonic() - connection.opened > _SUBSCRIBE_WITHIN

    def beat(self, now: float) -> None:
        """A heartbeat a second and product."""
        if now < self._next_beat:
            return
        self._next_beat = now + _HEARTBEAT_INTERVAL
        market = self.exchange.market
        at = market.clock.now()
        for product in market.tapes:
            name = stream_name(HEARTBEAT, product)
            listeners = [each for each in self.exchange.connections if name in each.streams]
            if listeners and not self._is_silent(product):
                message = heartbeat(product, market.last_id(product, at, "trade") or 0, at)
                for connection in listeners:
                    connection.send(message)

    def _is_silent(self, product: str) -> bool:
        return any(fault.request.symbol in (None, product) for fault in self.exchange.board.of("silence"))

    def _subscribe(self, connection: Connection[MatchForm], wanted: list[Subscription]) -> None:
        fresh = [
            (channel, product) for channel, product in wanted if stream_name(channel, product) not in connection.streams
        ]
        for channel, product in fresh:
            name = stream_name(channel, product)
            others = [each for each in self.exchange.connections if each.address == connection.address]
            if sum(name in each.streams for each in others) >= _SUBSCRIPTIONS_A_CHANNEL:
                raise ControlError("Failed to subscribe", f"subscription limit of {product} {channel} is reached")
        streams = {stream_name(channel, product): stream_key(channel, product) for channel, product in fresh}
        self.exchange.feed.subscribe(connection, streams)
        for channel, product in fresh:
            key = stream_key(channel, product)
            last = self.exchange.feed.last_sent(key) if key is not None else None
            if last is not None:
                connection.send(match(product, Outgoing(last), "last_match"))
        connection.send(_listed(connection))

    def _unsubscribe(self, connection: Connection[MatchForm], wanted: list[Subscription]) -> None:
        names = [
            name
            for channel, product in wanted
            for name in connection.streams
            if name == stream_name(channel, product) or (not product and name.startswith(stream_name(channel, "")))
        ]
        self.exchange.feed.unsubscribe(connection, list(dict.fromkeys(names)))
        connection.send(_listed(connection))


def _listed(connection: Connection[MatchForm]) -> str:
    by_channel: dict[str, list[str]] = {}
    for name in connection.streams:
        channel, _, product = name.partition(":")
        by_channel.setdefault(channel, []).extend([product] if product else [])
    return subscriptions(by_channel)
