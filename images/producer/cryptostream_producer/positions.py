"""Reading what is committed: who signed a partition last, how far each of its symbols is written."""

from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, TypeVar

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from cryptostream_model.logs import get_logger
from cryptostream_model.records import Position, UnreadableRecordError, Writer, parse_position, parse_record
from cryptostream_model.streams import StreamName
from cryptostream_producer.kafka_errors import explain, may_be_fencing
from cryptostream_producer.reconcile import SymbolTail, true_position

_LOG = get_logger(__name__)
_POLL = 1.0
_SILENCE = 30.0
_HISTORY = 3
_TAIL = 50_000
"""Offsets of the trades partition that are read back: several transactions of the largest size."""

Parsed = TypeVar("Parsed")


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
    connection: dict[str, Any],
    stream: StreamName,
    partition: int,
    through: int,
    stopping: Callable[[], bool],
) -> dict[str, Position]:
    """How far each symbol of a partition is written: its position, corrected by the end of the trades partition.

    Raises as read_committed does, ForeignStreamError for a position or record that this code cannot read.
    """
    history: dict[str, deque[Position]] = {}
    for message in read_committed(connection, stream, stream.positions_topic, partition, None, through, stopping):
        entry = _parsed(parse_position, message)
        if isinstance(entry, Position):
            history.setdefault(entry.symbol, deque(maxlen=_HISTORY)).append(entry)
    tails: dict[str, SymbolTail] = {}
    for message in read_committed(connection, stream, stream.trades_topic, partition, -_TAIL, -1, stopping):
        record = _parsed(parse_record, message)
        tail = tails.get(record.symbol)
        if tail is None:
            tail = tails[record.symbol] = SymbolTail(record)
        tail.follow(record)
    positions = {symbol: true_position(history.get(symbol, ()), tails.get(symbol)) for symbol in {*history, *tails}}
    for symbol, position in positions.items():
        if symbol in history and position != history[symbol][-1]:
            _LOG.warning(
                "the broker kept only a part of the last transaction, going on from the trades topic",
                partition=partition,
                position=history[symbol][-1],
                trades_topic=position,
            )
    return {symbol: position for symbol, position in positions.items() if position is not None}


def latest_writer(
    connection: dict[str, Any], stream: StreamName, partition: int, signed_at: int, stopping: Callable[[], bool]
) -> str | None:
    """The process whose signature is the latest at or after offset ``signed_at``. Raises as read_committed does."""
    writer = None
    for message in read_committed(
        connection, stream, stream.positions_topic, partition, signed_at, signed_at, stopping
    ):
        try:
            entry = parse_position(bytes(message.value() or b""))
        except UnreadableRecordError:
            continue
        if isinstance(entry, Writer):
            writer = entry.writer
    return writer


def read_committed(
    connection: dict[str, Any],
    stream: StreamName,
    topic: str,
    partition: int,
    start: int | None,
    through: int,
    stopping: Callable[[], bool],
) -> Iterator[Message]:
    """Committed records of a partition from offset ``start`` to its end.

    ``start`` None is the beginning, a negative one counts from the end. Waits until the end lies beyond offset
    ``through``: a transaction becomes readable a moment after its commit. Raises LogBrokenError when Kafka fails,
    StoppedError when the process stops.
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
    place = TopicPartition(topic, partition)
    try:
        if start is None:
            place.offset = OFFSET_BEGINNING
        elif start < 0:
            low, high = consumer.get_watermark_offsets(place, timeout=_SILENCE)
            place.offset = max(low, high + start)
        else:
            place.offset = start
        consumer.assign([place])
        last = -1
        heard_at = monotonic()
        while True:
            message = consumer.poll(_POLL)
            if stopping():
                raise StoppedError
            if message is None:
                if monotonic() - heard_at > _SILENCE:
                    raise LogBrokenError(f"{topic}/{partition} cannot be read for {_SILENCE:.0f} s")
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


def _parsed(parse: Callable[[bytes], Parsed], message: Message) -> Parsed:
    try:
        return parse(bytes(message.value() or b""))
    except UnreadableRecordError as error:
        raise ForeignStreamError(f"{message.topic()}/{message.partition()}@{message.offset()}: {error}") from None
