"""Wires the parts of one producer process together and answers how it is."""

import threading
import uuid
from time import monotonic

from cryptostream_model.logs import get_logger
from cryptostream_producer.connection import Connection, ConnectionLimits
from cryptostream_producer.dead_letters import DeadLetters
from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import InvalidRow
from cryptostream_producer.feed import Feed
from cryptostream_producer.fencing import Fenced, write_marker
from cryptostream_producer.healing import Healer, HealingLimits
from cryptostream_producer.inbox import Inbox
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.partition_writer import PartitionWriter
from cryptostream_producer.rest import RestClient
from cryptostream_producer.router import Router
from cryptostream_producer.settings import ProducerSettings
from cryptostream_producer.startup import StartupChecks

_LOG = get_logger(__name__)
_FLUSH_LETTERS_SECONDS = 2.0


class Engine:
    """One process: connections -> inboxes -> partition writers, with healing beside them."""

    def __init__(self, settings: ProducerSettings, metrics: ProducerMetrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.writer = str(uuid.uuid4())
        self.fenced: Fenced | None = None
        self.failure: Exception | None = None
        self.stopping = threading.Event()
        self._starting: str | None = "starting"
        market = settings.market
        self._rest = RestClient(
            market,
            settings.rest_url or market.default_rest_url(settings.feed),
            settings.rest_timeout.total_seconds(),
            settings.rest_share,
            settings.rest_total,
            metrics,
        )
        self._time = ExchangeTime(market, self._rest)
        self._dead_letters = DeadLetters(settings.librdkafka(), settings.stream, metrics)
        self._healer = Healer(
            market,
            settings.feed,
            self._rest,
            self._time,
            HealingLimits(
                settings.start_from,
                settings.max_heal,
                settings.heal_attempts,
                settings.heal_retry.total_seconds(),
                settings.heal_retry_cap.total_seconds(),
            ),
            settings.heal_workers,
            self._bad_row,
        )
        assigned = settings.symbols_by_partition
        share = max(1, len(assigned))
        self._writers = {
            partition: PartitionWriter(
                settings,
                partition,
                self.writer,
                self._healer,
                metrics,
                Inbox(max(100, settings.queue_size // share)),
                max(100, settings.held_size // share),
                self._on_fenced,
                self._on_failed,
            )
            for partition in assigned
        }
        inboxes = {
            symbol: self._writers[partition].inbox for partition, symbols in assigned.items() for symbol in symbols
        }
        self._symbols = tuple(inboxes)
        self._router = Router(settings.feed, inboxes, self._dead_letters, metrics, self.stopping.is_set)
        self._feed = Feed(
            self._connection,
            metrics,
            settings.rotate_after.total_seconds(),
            settings.reconnect_cap.total_seconds(),
            settings.connection_attempts,
        )

    def run(self) -> None:
        """Run until ``stop``, a fence or a failure. Raises ConfigurationError and whatever ended a thread."""
        threading.excepthook = self._on_thread_failure
        checks = StartupChecks(self.settings, self.stopping, self._report_start)
        if self._symbols:
            checks.check_symbols(self.settings.market, self._rest, self._time, self._symbols)
        else:
            _LOG.warning("no symbol belongs to this shard", shard=self.settings.shard, shards=self.settings.shards)
        checks.check_topics()
        self._starting = None
        started = bool(self._symbols) and not self.stopping.is_set()
        if started:
            self._time.start()
            self._healer.start()
            self._feed.start()
            for writer in self._writers.values():
                writer.start()
        while not self.stopping.wait(1.0):
            self._router.count_messages()
        if started:
            self._end_threads()
        self._dead_letters.close(_FLUSH_LETTERS_SECONDS)
        self._rest.close()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """End in order: what is written is committed."""
        self.stopping.set()

    def unready(self) -> list[str]:
        """Why the stream is not being written in full now; empty when it is."""
        if self.fenced is not None:
            return [self.fenced.describe()]
        if self.stopping.is_set():
            return ["stopping"]
        if self._starting is not None:
            return [self._starting]
        if not self._symbols:
            return []
        reasons = [self._feed.unready(), *(writer.unready() for writer in self._writers.values())]
        return [reason for reason in reasons if reason is not None]

    def _end_threads(self) -> None:
        self._feed.stop()
        self._healer.stop()
        self._time.stop()
        for writer in self._writers.values():
            writer.stop()
        patience = monotonic() + self.settings.transaction_timeout.total_seconds() + 5.0
        for writer in self._writers.values():
            if not writer.join(max(0.1, patience - monotonic())):
                _LOG.warning("partition did not end in time", partition=writer.partition)
        self._router.count_messages()

    def _connection(self, number: int) -> Connection:
        settings = self.settings
        limits = ConnectionLimits(
            settings.connect_timeout.total_seconds(),
            settings.silence_timeout.total_seconds(),
            settings.progress_interval.total_seconds(),
            settings.progress_settle.total_seconds(),
        )
        url = settings.websocket_url or settings.market.default_websocket_url(settings.feed)
        return Connection(number, url, settings.market, settings.feed, self._symbols, limits, self._time, self._router)

    def _bad_row(self, symbol: str, row: InvalidRow) -> None:
        self._dead_letters.write("rest", symbol, row.reason, b"" if row.id is None else b"%d" % row.id)

    def _report_start(self, reason: str | None) -> None:
        self._starting = reason or "starting"

    def _on_fenced(self, fenced: Fenced) -> None:
        """Stop everything, for good: the partitions now belong to another process."""
        if self.fenced is None:
            self.fenced = fenced
            self.metrics.fenced.set(1)
            _LOG.error(fenced.describe(), partition=fenced.partition, writer=fenced.writer)
            try:
                write_marker(self.settings.state_directory, fenced)
            except OSError as error:
                _LOG.error("cannot write the marker of a fenced process", error=str(error))
        self.stopping.set()

    def _on_failed(self, error: Exception) -> None:
        if self.failure is None:
            self.failure = error
        self.stopping.set()

    def _on_thread_failure(self, failure: threading.ExceptHookArgs) -> None:
        """A thread that ends by surprise must not leave a process that looks alive."""
        self._on_failed(failure.exc_value if isinstance(failure.exc_value, Exception) else RuntimeError("thread died"))
