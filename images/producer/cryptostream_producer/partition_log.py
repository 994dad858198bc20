"""One partition of the trades topic as an exactly-once log: one transactional producer, positions beside the records.

A transaction that fails, or whose outcome is unknown, ends the log: the caller opens a new one, whose opening finishes
or aborts what the old one left behind, and goes on from the positions that were committed.
"""

import logging
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from cryptostream_model.logs import get_logger
from cryptostream_model.records import WRITER_KEY, Position, Record, Writer
from cryptostream_model.streams import StreamName
from cryptostream_producer.kafka_errors import explain
from cryptostream_producer.log_errors import LogBrokenError, StoppedError, TakenOverError, broken
from cryptostream_producer.positions import latest_writer, read_symbol_positions

_LOG = get_logger(__name__)
_LIBRDKAFKA = logging.getLogger("librdkafka")
_POLL = 1.0
_REPEAT_SECONDS = 30.0
_SIGN_SECONDS = 60.0


class PartitionLog:
    """Not thread-safe: belongs to its partition's writer thread."""

    def __init__(
        self,
        connection: dict[str, Any],
        stream: StreamName,
        partition: int,
        writer: str,
        transaction_timeout: float,
        stopping: Callable[[], bool],
        report: Callable[[str | None], None],
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._partition = partition
        self._writer = writer
        self._timeout = transaction_timeout
        self._stopping = stopping
        self._report = report
        self._said_at = 0.0
        self._writer_offset = -1
        self._signed_at = 0.0
        self._producer = Producer(
            {
                **connection,
                "transactional.id": stream.transactional_id(partition),
                "transaction.timeout.ms": int(transaction_timeout * 1000),
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 100_000,
                "queue.buffering.max.kbytes": 32_768,
                "reconnect.backoff.max.ms": 2_000,
                "error_cb": self._on_error,
                "log_level": 0,
                "logger": _LIBRDKAFKA,
            }
        )

    def open(self, signed_before: int | None) -> dict[str, Position]:
        """Take the partition over: fence its former writer, sign it, read the positions by symbol.

        ``signed_before`` is the offset of this process's last signature, None where it has never written the partition.
        Only a process that never did may take it over from another: where another has signed since, the partition is
        left to it. Waits while Kafka is away. Raises TakenOverError, LogBrokenError, and StoppedError when stopping.
        """
        self._initialise()
        if signed_before is not None:
            self.check_owner(signed_before)
        self._close_hanging_transaction()
        self.begin()
        self._sign()
        self._commit()
        positions = read_symbol_positions(
            self._connection, self._stream, self._partition, self._writer_offset, self._stopping
        )
        self._report(None)
        return positions

    def check_owner(self, signed_before: int) -> None:
        """Raises TakenOverError when another process has signed the partition after ``signed_before``."""
        writer = latest_writer(self._connection, self._stream, self._partition, signed_before, self._stopping)
        if writer is not None and writer != self._writer:
            raise TakenOverError(writer)

    def begin(self) -> None:
        self._guarded(self._producer.begin_transaction)

    def write(self, records: Iterable[Record]) -> None:
        """Add records of this partition to the open transaction. Raises LogBrokenError."""
        topic = self._stream.trades_topic
        for record in records:
            self._produce(topic, record.symbol.encode(), record.to_json(), record.clock // 1000)

    def commit(self, positions: Iterable[Position]) -> None:
        """End the transaction with the positions of the symbols that it moved. Raises LogBrokenError."""
        topic = self._stream.positions_topic
        for position in positions:
            self._produce(topic, position.symbol.encode(), position.to_json(), position.clock // 1000)
        if monotonic() - self._signed_at > _SIGN_SECONDS:
            self._sign()
        self._commit()

    @property
    def writer_offset(self) -> int:
        """Offset of this process's latest signature in the positions partition."""
        return self._writer_offset

    def discard(self) -> None:
        """Let go of the producer without waiting for what it has not sent."""
        try:
            self._producer.purge(in_queue=True, in_flight=True, blocking=False)
            self._producer.poll(0)
        except KafkaException as error:
            _LOG.debug("purge failed", partition=self._partition, error=str(error))

    def _close_hanging_transaction(self) -> None:
        """Abort what a former writer may have left open in the log although its transaction is over.

        A broker that comes back from a crash can end a transaction without its marker where a partition has no leader
        at that moment. Its records then stay open, and the next commit under the same producer id would commit them
        too: trades twice. An aborted transaction in both partitions buries them. docs/decisions/0008.
        """
        self.begin()
        for topic in (self._stream.trades_topic, self._stream.positions_topic):
            self._produce(topic, WRITER_KEY.encode(), Writer(self._writer).to_json(), 0)
        # Without it the abort may overtake the records, which librdkafka takes for a fatal error.
        self._guarded(lambda: self._producer.flush(self._timeout))
        self._guarded(lambda: self._producer.abort_transaction(self._timeout))

    def _sign(self) -> None:
        """Write who writes here, again from time to time, so that a later look for another's signature reads little."""
        self._produce(
            self._stream.positions_topic, WRITER_KEY.encode(), Writer(self._writer).to_json(), 0, signing=True
        )
        self._signed_at = monotonic()

    def _produce(self, topic: str, key: bytes, value: bytes, timestamp: int, signing: bool = False) -> None:
        callback = self._on_signed if signing else None
        deadline = monotonic() + self._timeout
        while True:
            try:
                self._producer.produce(topic, value, key, self._partition, on_delivery=callback, timestamp=timestamp)
            except BufferError:
                self._poll(0.05)
                if self._stopping():
                    raise StoppedError from None
                if monotonic() > deadline:
                    raise LogBrokenError("Kafka takes no more records") from None
            except KafkaException as error:
                raise broken(error) from None
            else:
                return

    def _commit(self) -> None:
        self._guarded(lambda: self._producer.commit_transaction(self._timeout))
        self._poll(0)

    def _initialise(self) -> None:
        while True:
            try:
                self._producer.init_transactions(_POLL)
            except KafkaException as error:
                kafka_error: KafkaError = error.args[0]
                if self._stopping():
                    raise StoppedError from None
                if not kafka_error.retriable():
                    raise broken(error) from None
                self._say(explain(kafka_error))
                self._poll(0)
            else:
                return

    def _poll(self, timeout: float) -> None:
        """Serve callbacks; this is where librdkafka raises what went wrong for good."""
        self._guarded(lambda: self._producer.poll(timeout))

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except KafkaException as error:
            raise broken(error) from None

    def _say(self, reason: str) -> None:
        self._report(reason)
        now = monotonic()
        if now - self._said_at >= _REPEAT_SECONDS:
            self._said_at = now
            _LOG.warning("waiting for Kafka", partition=self._partition, reason=reason)

    def _on_error(self, error: KafkaError) -> None:
        self._say(explain(error))

    def _on_signed(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._writer_offset = int(message.offset() or 0)
