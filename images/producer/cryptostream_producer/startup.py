"""Checks before a stream is written: do the symbols exist, do the topics fit the settings?"""

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from confluent_kafka import Consumer, KafkaError, KafkaException

from cryptostream_model.logs import get_logger
from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import BadMessageError, Exchange
from cryptostream_producer.kafka_errors import explain
from cryptostream_producer.rest import RestClient, RestRefusedError, RestUnavailableError
from cryptostream_producer.settings import ProducerSettings

_LOG = get_logger(__name__)
_RETRY_SECONDS = 1.0
_REPEAT_SECONDS = 30.0
_METADATA_SECONDS = 2.0


class ConfigurationError(Exception):
    """The settings cannot work with what the exchange or Kafka holds; the text names the setting and the remedy."""


class StartupChecks:
    """Runs the checks, waiting while the other side is out of reach; ``report`` is told why it waits, None when not."""

    def __init__(
        self, settings: ProducerSettings, stopping: threading.Event, report: Callable[[str | None], None]
    ) -> None:
        self._settings = settings
        self._stopping = stopping
        self._report = report
        self._said_at = -_REPEAT_SECONDS
        self._kafka_error: KafkaError | None = None

    def check_symbols(
        self, exchange: Exchange, rest: RestClient, exchange_time: ExchangeTime, symbols: Sequence[str]
    ) -> None:
        """Raises ConfigurationError for a symbol that the exchange does not know. Returns early when stopping.

        The exchange's time is known afterwards: without it no trade's time could be judged.
        """
        while not self._stopping.is_set():
            try:
                statuses = known_symbols(exchange, rest, symbols)
                exchange_time.ask()
            except (RestUnavailableError, RestRefusedError, BadMessageError) as error:
                url = self._settings.rest_url or exchange.default_rest_url(self._settings.feed)
                self._wait(
                    f"exchange is out of reach over REST at CRYPTOSTREAM_REST_URL = {url} ({error})",
                    getattr(error, "delay", 0.0),
                )
                continue
            unknown = [symbol for symbol in symbols if symbol not in statuses]
            if unknown:
                raise ConfigurationError(
                    f"CRYPTOSTREAM_SYMBOLS: {exchange.name} does not know {', '.join(unknown)}; "
                    f"remove or correct it (a symbol is written as {exchange.symbol_form})"
                )
            trading = exchange.trading_status
            halted = {symbol: statuses[symbol] for symbol in symbols if statuses[symbol] != trading}
            if halted:
                _LOG.warning("symbols that are not trading now", symbols=halted)
            self._report(None)
            return

    def check_topics(self) -> None:
        """Raises ConfigurationError when a topic has another number of partitions than the settings say."""
        topics = (self._settings.stream.trades_topic, self._settings.stream.positions_topic)
        consumer = Consumer(
            {
                **self._settings.librdkafka(),
                "group.id": f"{self._settings.namespace}.{self._settings.name}.producer",
                "error_cb": self._on_error,
                "log_level": 0,
            }
        )
        try:
            for topic in topics:
                while not self._stopping.is_set() and (count := self._partitions(consumer, topic)) is not None:
                    if count == 0:
                        continue
                    if count != self._settings.partitions:
                        raise ConfigurationError(
                            f"CRYPTOSTREAM_PARTITIONS = {self._settings.partitions}: topic {topic} has {count} "
                            "partitions; set it to that, since a symbol's partition may never change"
                        )
                    break
        finally:
            consumer.close()
        self._report(None)

    def _partitions(self, consumer: Consumer, topic: str) -> int | None:
        """The topic's partition count, 0 after a failed try; None when stopping."""
        try:
            metadata = consumer.list_topics(topic, timeout=_METADATA_SECONDS).topics[topic]
        except KafkaException as error:
            consumer.poll(0)  # serves the error callback, which knows the cause
            self._wait(f"topic {topic}: {explain(self._kafka_error or error.args[0])}")
            return None if self._stopping.is_set() else 0
        self._kafka_error = None
        if metadata.error is not None:
            missing = metadata.error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
            self._wait(f"topic {topic} does not exist yet" if missing else f"topic {topic}: {explain(metadata.error)}")
            return None if self._stopping.is_set() else 0
        return len(metadata.partitions)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN or self._kafka_error is None:
            self._kafka_error = error

    def _wait(self, reason: str, delay: float = 0.0) -> None:
        self._report(reason)
        if monotonic() - self._said_at >= _REPEAT_SECONDS:
            self._said_at = monotonic()
            _LOG.warning("waiting before the start", reason=reason)
        self._stopping.wait(max(delay, _RETRY_SECONDS))


def known_symbols(exchange: Exchange, rest: RestClient, symbols: Sequence[str]) -> dict[str, str]:
    """Symbol -> trading status of the symbols that the exchange knows. Raises what the REST client raises."""
    try:
        return exchange.parse_symbol_list(rest.get(exchange.symbol_list(symbols)))
    except RestRefusedError as error:
        if not exchange.is_unknown_symbol(error.status, error.body):
            raise
    return exchange.parse_symbol_list(rest.get(exchange.symbol_list(None)))
