"""The thread that owns one partition: its symbols and its log. Nothing else touches either."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from cryptostream_model.logs import get_logger
from cryptostream_model.records import Position, Record
from cryptostream_producer.fencing import Fenced
from cryptostream_producer.inbox import Inbox, Item
from cryptostream_producer.log_errors import ForeignStreamError, LogBrokenError, StoppedError, TakenOverError
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.partition_log import PartitionLog
from cryptostream_producer.partition_report import report_committed, report_state
from cryptostream_producer.positions import latest_writer
from cryptostream_producer.settings import ProducerSettings
from cryptostream_producer.symbol_book import Healing, SymbolBook

_LOG = get_logger(__name__)
_IDLE_SECONDS = 0.25
_QUICK_LOOK_SECONDS = 2.0
_RESTART_SECONDS = 0.5
_LOOK_AGAIN_SECONDS = 0.2
_BLOCKED_COMMIT_SECONDS = 5.0


class PartitionWriter:
    """Runs until it is stopped, fenced (``on_fenced`` is told) or failed for good (``on_failed`` is told)."""

    def __init__(
        self,
        settings: ProducerSettings,
        partition: int,
        writer: str,
        healing: Healing,
        metrics: ProducerMetrics,
        inbox: Inbox,
        held_limit: int,
        on_fenced: Callable[[Fenced], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self.partition = partition
        self.inbox = inbox
        self.waiting_for: str | None = "not started"
        self._settings = settings
        self._connection = settings.librdkafka()
        self._stream = settings.stream
        self._writer = writer
        self._metrics = metrics
        self._on_fenced = on_fenced
        self._on_failed = on_failed
        self._commit_interval = settings.commit_interval.total_seconds()
        self._timeout = settings.transaction_timeout.total_seconds()
        self._book = SymbolBook(
            settings.exchange,
            settings.feed,
            settings.symbols_by_partition[partition],
            healing,
            inbox.put_event,
            held_limit,
            settings.heal_delay.total_seconds(),
            settings.progress_interval.total_seconds(),
        )
        self._signed_at: int | None = None
        self._committed_at = monotonic()
        self._began_at: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"partition-{partition}", daemon=True)
        metrics.queue_depth.labels(str(partition)).set_function(lambda: len(inbox))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what is written and end; ``join`` waits for it."""
        self._stopping.set()
        self.inbox.wake()

    def join(self, timeout: float) -> bool:
        """True when the thread has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def unready(self) -> str | None:
        """Why this partition is not being written now; None when it is."""
        if self.waiting_for is not None:
            return f"partition {self.partition}: {self.waiting_for}"
        began_at = self._began_at
        if began_at is not None and monotonic() - began_at > _BLOCKED_COMMIT_SECONDS:
            return f"partition {self.partition}: a transaction is open for {monotonic() - began_at:.0f} s"
        return None

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._own()
        except StoppedError:
            pass
        except TakenOverError as error:
            self._on_fenced(Fenced(str(self._stream), self.partition, error.writer))
        except Exception as error:  # noqa: BLE001 - whatever ends this thread must end the process
            self._on_failed(error)

    def _own(self) -> None:
        """Open the log and write until it breaks; then find out whether it may be opened again."""
        self.waiting_for = "waiting for Kafka"
        log = PartitionLog(
            self._connection,
            self._stream,
            self.partition,
            self._writer,
            self._timeout,
            self._stopping.is_set,
            self._wait_for,
        )
        try:
            self._open(log)
            self._serve(log)
        except LogBrokenError as error:
            self.waiting_for = str(error)
            self._metrics.partition_restarts.labels(str(self.partition)).inc()
            _LOG.warning(
                "transaction failed, beginning anew from the committed positions",
                partition=self.partition,
                fencing=error.fencing,
                reason=str(error),
            )
            broken = error
        else:
            return
        finally:
            self._began_at = None
            log.discard()
        self._let_other_writer_sign(broken.fencing)

    def _wait_for(self, reason: str | None) -> None:
        self.waiting_for = reason

    def _let_other_writer_sign(self, fencing: bool) -> None:
        """Before opening anew after a failure: look whether another process has signed the partition.

        An epoch that was used up soon after our last commit means a takeover whose signature is under way. Later the
        broker may have timed our own transaction out; a takeover then gets its transaction timeout to sign. Opening
        looks once more after it has fenced everybody, so a signature in between is not missed.
        """
        if self._signed_at is None:
            self._stopping.wait(_RESTART_SECONDS)
            return
        patience = 0.0
        if fencing:
            recent = monotonic() - self._committed_at < self._timeout
            patience = _QUICK_LOOK_SECONDS if recent else self._timeout + _QUICK_LOOK_SECONDS
        deadline = monotonic() + patience
        while not self._stopping.is_set():
            try:
                writer = latest_writer(
                    self._connection, self._stream, self.partition, self._signed_at, self._stopping.is_set
                )
            except LogBrokenError as trouble:
                self.waiting_for = str(trouble)
            else:
                if writer is not None and writer != self._writer:
                    raise TakenOverError(writer)
                if monotonic() >= deadline:
                    return
            self._stopping.wait(_LOOK_AGAIN_SECONDS)

    def _open(self, log: PartitionLog) -> None:
        positions = log.open(self._signed_at)
        self._signed_at = log.writer_offset
        self._committed_at = monotonic()
        for position in positions.values():
            self._check_origin(position)
        self._book.restart(positions)
        _LOG.info("partition opened", partition=self.partition, positions=len(positions))

    def _check_origin(self, position: Position) -> None:
        exchange, feed = self._settings.exchange, self._settings.feed
        if (position.exchange, position.feed) != (exchange, feed):
            raise ForeignStreamError(
                f"{self._stream.trades_topic} holds {position.exchange} {position.feed}, the settings say "
                f"CRYPTOSTREAM_EXCHANGE = {exchange!r}, CRYPTOSTREAM_FEED = {feed!r}: "
                "neither can change within a stream, use a stream of another name"
            )

    def _serve(self, log: PartitionLog) -> None:
        self.waiting_for = None
        while not self._stopping.is_set():
            self._book.ask_due()
            item = self.inbox.take(monotonic() + self._book.until_due(_IDLE_SECONDS))
            if item is not None:
                self._transact(log, item)
            report_state(self._metrics, self.partition, self._book)

    def _transact(self, log: PartitionLog, first: Item) -> None:
        """Consume items for one commit interval; a transaction is open from the first record on."""
        written: list[Record] = []
        deadline = monotonic() + self._commit_interval
        item: Item | None = first
        while item is not None:
            records = self._book.trade(*item) if isinstance(item, tuple) else self._book.event(item)
            if records:
                if not written:
                    self._began_at = monotonic()
                    log.begin()
                log.write(records)
                written += records
            if len(written) >= self._settings.transaction_records or self._stopping.is_set():
                break
            item = self.inbox.take(deadline) if monotonic() < deadline else None
        if written:
            self._commit(log, written)

    def _commit(self, log: PartitionLog, written: Sequence[Record]) -> None:
        moved = {record.symbol for record in written}
        log.commit(self._book.sequencer(name).position() for name in moved)
        if self.waiting_for is not None:
            # The transaction has outlasted the outage: nothing is opened anew, and nobody else would say so.
            _LOG.info("Kafka is back", partition=self.partition)
            self.waiting_for = None
        self._signed_at = log.writer_offset
        self._committed_at = monotonic()
        began_at, self._began_at = self._began_at or self._committed_at, None
        self._book.written(moved, self._committed_at)
        for name in moved:
            self._metrics.clock.labels(name).set(self._book.sequencer(name).clock / 1e6)
        report_committed(self._metrics, self.partition, written, self._committed_at - began_at)
