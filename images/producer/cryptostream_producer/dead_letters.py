"""Frames and rows that could not be read, kept with the reason in a topic of their own. Best effort."""

from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from cryptostream_model.logs import get_logger
from cryptostream_model.streams import StreamName
from cryptostream_producer.metrics import ProducerMetrics

_LOG = get_logger(__name__)
_LONGEST_VALUE = 65_536
_LOG_FIRST = 5


class DeadLetters:
    """Thread-safe. While Kafka is away a thousand letters wait, further ones are counted as lost."""

    def __init__(self, connection: dict[str, Any], stream: StreamName, metrics: ProducerMetrics) -> None:
        self._topic = stream.dead_letters_topic
        self._metrics = metrics
        self._written = 0
        self._producer = Producer(
            {
                **connection,
                "enable.idempotence": True,
                "queue.buffering.max.messages": 1000,
                "linger.ms": 50,
                "error_cb": lambda _error: None,
                "log_level": 0,
            }
        )

    def write(self, source: str, symbol: str | None, reason: str, value: bytes) -> None:
        """Keep what could not be read. ``source`` is websocket or rest."""
        self._metrics.dead_letters.inc()
        self._written += 1
        if self._written <= _LOG_FIRST or self._written % 1000 == 0:
            _LOG.warning("unreadable message", source=source, symbol=symbol, reason=reason, letters=self._written)
        headers: list[tuple[str, str | bytes | None]] = [("reason", reason.encode()), ("source", source.encode())]
        try:
            self._producer.produce(
                self._topic,
                value[:_LONGEST_VALUE],
                symbol.encode() if symbol else None,
                headers=headers,
                on_delivery=self._delivered,
            )
            self._producer.poll(0)
        except (BufferError, KafkaException) as error:
            self._metrics.dead_letters_lost.inc()
            _LOG.debug("dead letter lost", error=str(error))

    def close(self, timeout: float) -> None:
        """Send what waits, for at most ``timeout`` seconds."""
        left = self._producer.flush(timeout)
        if left:
            self._metrics.dead_letters_lost.inc(left)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._metrics.dead_letters_lost.inc()
