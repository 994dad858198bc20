"""Reading a positions partition: who signed it last, how far each symbol is."""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from cryptostream_model.records import Position, UnreadableRecordError, Writer, parse_position
from cryptostream_model.streams import StreamName
from cryptostream_producer.kafka_errors import explain, may_be_fencing

_POLL = 1.0
_SILENCE = 30.0


class LogBrokenError(Exception):
    """The transaction failed or its outcome is unknown. ``fencing``: the error says that the epoch was used up."""

    def __init__(self, reason: str, fencing: bool = False) -> None:
        super().__init__(reason)
        self.fencing = fencing


class ForeignStreamError(Exception):
    """The topics belong to another exchange or feed than the settings say, or to newer code."""


class TakenOverError(Exception):
    """Another process has signed the partition: ``writer`` is the owner now."""

    def __init__(self, writer: str) -> None:
        super().__init__(f"the partition belongs to {writer}")
        self.writer = writer


class StoppedError(Exception):
    """The process is stopping."""


def broken(error: KafkaException) -> LogBrokenError:
    kafka_error: KafkaError = error.args[0]
    return LogBrokenError(explain(kafka_error), may_be_fencing(kafka_error))


def read_symbol_positions(
    connection: dict[str, Any], stream: StreamName, partition: int, through: int, stopping: Callable[[], bool]
) -> dict[str, Position]:
    """Each symbol's latest position. Raises as read_positions does, ForeignStreamError for an unreadable one."""
    positions: dict[str, Position] = {}
    for message in read_positions(connection, stream, partition, None, through, stopping):
        value = message.value()
        if value is None:
            continue
        try:
            entry = parse_position(bytes(value))
        except UnreadableRecordError as error:
            raise ForeignStreamError(f"{stream.positions_topic}/{partition}@{message.offset()}: {error}") from None
        if isinstance(entry, Position):
            positions[entry.symbol] = entry
    return positions


def latest_writer(
    connection: dict[str, Any], stream: StreamName, partition: int, signed_at: int, stopping: Callable[[], bool]
) -> str | None:
    """The process whose signature is the latest at or after offset ``signed_at``. Raises as read_positions does."""
    writer = None
    for message in read_positions(connection, stream, partition, signed_at, signed_at, stopping):
        try:
            entry = parse_position(bytes(message.value() or b""))
        except UnreadableRecordError:
            continue
        if isinstance(entry, Writer):
            writer = entry.writer
    return writer


def read_positions(
    connection: dict[str, Any],
    stream: StreamName,
    partition: int,
    start: int | None,
    through: int,
    stopping: Callable[[], bool],
) -> Iterable[Message]:
    """Committed records of a positions partition from offset ``start`` (None: its beginning) to its end.

    Waits until the end lies beyond offset ``through``: a transaction becomes readable a moment after its commit.
    Raises LogBrokenError when Kafka fails, StoppedError when the process stops.
    """
    consumer = Consumer(
        {
            **connection,
            "group.id": f"{stream.namespace}.{stream.name}.producer",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )
    try:
        consumer.assign(
            [TopicPartition(stream.positions_topic, partition, OFFSET_BEGINNING if start is None else start)]
        )
        last = -1
        heard_at = monotonic()
        while True:
            message = consumer.poll(_POLL)
            if stopping():
                raise StoppedError
            if message is None:
                if monotonic() - heard_at > _SILENCE:
                    raise LogBrokenError(f"{stream.positions_topic}/{partition} cannot be read for {_SILENCE:.0f} s")
                continue
            heard_at = monotonic()
            error = message.error()
            if error is None:
                last = int(message.offset() or 0)
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                if last >= through or int(message.offset() or 0) > through:
                    return
            elif not error.retriable() and error.code() not in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
                raise LogBrokenError(explain(error), may_be_fencing(error))
    except KafkaException as error:
        raise broken(error) from None
    finally:
        consumer.close()
