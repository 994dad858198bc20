"""What a heartbeat tells the symbol that it names."""

from time import monotonic
from typing import Any, cast

from cryptostream_producer.events import Announced
from cryptostream_producer.exchanges.base import Heartbeat
from cryptostream_producer.inbox import Inbox, Item
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.router import Router


def routed(*heartbeats: Heartbeat) -> tuple[list[Item | None], float]:
    """What reaches the inbox of BTC-USD, and how many heartbeats are counted."""
    inbox, metrics = Inbox(100), ProducerMetrics()
    router = Router("matches", {"BTC-USD": inbox}, cast(Any, None), metrics, lambda: False)
    for heartbeat in heartbeats:
        router.heartbeat(heartbeat)
    router.count_messages()
    counted = metrics.registry.get_sample_value("cryptostream_producer_messages_total", {"kind": "heartbeat"})
    return [inbox.take(monotonic()) for _ in range(len(inbox))], counted or 0.0


def test_an_announced_id_is_passed_on_once_and_every_heartbeat_is_counted() -> None:
    beats = [Heartbeat("BTC-USD", 1, 7), Heartbeat("BTC-USD", 2, 7), Heartbeat("BTC-USD", 3, 8)]
    assert routed(*beats) == ([Announced("BTC-USD", 7), Announced("BTC-USD", 8)], 3)


def test_heartbeats_without_an_id_or_of_foreign_symbols_announce_nothing() -> None:
    assert routed(Heartbeat("BTC-USD", 1, None), Heartbeat("ETH-USD", 1, 7)) == ([], 2)
