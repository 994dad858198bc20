"""From the connections to the partitions' inboxes."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic

from cryptostream_producer.connection import Connection
from cryptostream_producer.dead_letters import DeadLetters
from cryptostream_producer.events import Announced, Confirmed, Doubted, Event, HandedOver, Lost, Subscribed
from cryptostream_producer.exchanges.base import BadMessageError, ExchangeTrade, Heartbeat
from cryptostream_producer.inbox import Inbox
from cryptostream_producer.metrics import ProducerMetrics


class Router:
    """The connections' listener. Called on their reader threads; counts are taken up by ``count_messages``."""

    def __init__(
        self,
        feed: str,
        inboxes: Mapping[str, Inbox],
        dead_letters: DeadLetters,
        metrics: ProducerMetrics,
        stopping: Callable[[], bool],
    ) -> None:
        self._feed = feed
        self._inbox_of = inboxes
        self._inboxes = list({id(inbox): inbox for inbox in inboxes.values()}.values())
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._stopping = stopping
        self._received_at: dict[str, float] = {}
        self._announced: dict[str, int] = {}
        self._ignored: Counter[str] = Counter()
        self._trades = 0
        for symbol in inboxes:
            metrics.last_trade_age.labels(symbol).set_function(partial(self._age, symbol))

    def trade(self, connection: Connection, trade: ExchangeTrade) -> bool:
        inbox = self._inbox_of.get(trade.symbol)
        if inbox is None:
            self.ignored("unknown-symbol")
            return True
        self._trades += 1
        self._received_at[trade.symbol] = monotonic()
        return inbox.put_trade(connection.number, trade, self._stopping)

    def unreadable(self, connection: Connection, frame: bytes, error: BadMessageError) -> None:  # noqa: ARG002
        self._dead_letters.write("websocket", error.symbol, error.reason, frame)
        inbox = self._inbox_of.get(error.symbol or "")
        if inbox is not None:
            inbox.put_event(Doubted(error.symbol))
        else:
            self._tell(Doubted(None))

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        """Pass on an id once: while Kafka is away, a quiet symbol's heartbeats must not fill the inbox."""
        self.ignored("heartbeat")
        symbol, last_id = heartbeat.symbol, heartbeat.last_id
        inbox = self._inbox_of.get(symbol)
        if inbox is not None and last_id is not None and self._announced.get(symbol) != last_id:
            self._announced[symbol] = last_id
            inbox.put_event(Announced(symbol, last_id))

    def ignored(self, kind: str) -> None:
        self._ignored[kind] += 1

    def subscribed(self, connection: Connection) -> None:
        self._tell(Subscribed(connection.number))

    def confirmed(self, connection: Connection, time: int) -> None:
        self._tell(Confirmed(connection.number, time))

    def handed_over(self, old: Connection, new: int) -> None:
        self._tell(HandedOver(old.number, new))

    def lost(self, connection: Connection) -> None:
        self._tell(Lost(connection.number))

    def count_messages(self) -> None:
        """Add what came in since the last time to the metrics."""
        trades, self._trades = self._trades, 0
        self._metrics.messages.labels(self._feed).inc(trades)
        for kind in list(self._ignored):
            self._metrics.messages.labels(kind).inc(self._ignored.pop(kind))

    def _tell(self, event: Event) -> None:
        for inbox in self._inboxes:
            inbox.put_event(event)

    def _age(self, symbol: str) -> float:
        received_at = self._received_at.get(symbol)
        return float("nan") if received_at is None else monotonic() - received_at
