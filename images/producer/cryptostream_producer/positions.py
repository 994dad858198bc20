"""How far each symbol of a partition is written, and who signed the partition last."""

from collections import deque
from collections.abc import Callable
from typing import Any

from cryptostream_model.logs import get_logger
from cryptostream_model.records import Position, UnreadableRecordError, Writer, parse_position, parse_record
from cryptostream_model.streams import StreamName
from cryptostream_producer.committed import read_committed
from cryptostream_producer.log_errors import ForeignStreamError
from cryptostream_producer.reconcile import SymbolTail, true_position

_LOG = get_logger(__name__)
_HISTORY = 3
_TAIL = 50_000
"""Offsets of the trades partition that are read back: several transactions of the largest size."""


def read_symbol_positions(
    connection: dict[str, Any], stream: StreamName, partition: int, through: int, stopping: Callable[[], bool]
) -> dict[str, Position]:
    """How far each symbol of a partition is written: its position, corrected by the end of the trades partition.

    Raises as read_committed does, ForeignStreamError for a position that this code cannot read.
    """
    history = _read_history(connection, stream, partition, through, stopping)
    tails = _read_tails(connection, stream, partition, stopping)
    positions: dict[str, Position] = {}
    for symbol in {*history, *tails}:
        written = history.get(symbol, ())
        position = true_position(written, tails.get(symbol))
        if position is None:
            continue
        if written and position != written[-1]:
            _LOG.warning(
                "the broker kept only a part of the last transaction, going on from the trades topic",
                symbol=symbol,
                position=(written[-1].last_id, written[-1].clock),
                trades_topic=(position.last_id, position.clock),
            )
        positions[symbol] = position
    return positions


def latest_writer(
    connection: dict[str, Any], stream: StreamName, partition: int, signed_at: int, stopping: Callable[[], bool]
) -> str | None:
    """The process whose signature is the latest at or after offset ``signed_at``. Raises as read_committed does."""
    writer = None
    topic = stream.positions_topic
    for message in read_committed(connection, stream, topic, partition, signed_at, signed_at, stopping):
        try:
            entry = parse_position(bytes(message.value() or b""))
        except UnreadableRecordError:
            continue
        if isinstance(entry, Writer):
            writer = entry.writer
    return writer


def _read_history(
    connection: dict[str, Any], stream: StreamName, partition: int, through: int, stopping: Callable[[], bool]
) -> dict[str, deque[Position]]:
    """The latest few positions of each symbol, oldest first."""
    history: dict[str, deque[Position]] = {}
    topic = stream.positions_topic
    for message in read_committed(connection, stream, topic, partition, None, through, stopping):
        value = message.value()
        if value is None:
            continue
        try:
            entry = parse_position(bytes(value))
        except UnreadableRecordError as error:
            raise ForeignStreamError(f"{topic}/{partition}@{message.offset()}: {error}") from None
        if isinstance(entry, Position):
            history.setdefault(entry.symbol, deque(maxlen=_HISTORY)).append(entry)
    return history


def _read_tails(
    connection: dict[str, Any], stream: StreamName, partition: int, stopping: Callable[[], bool]
) -> dict[str, SymbolTail]:
    """The end of each symbol in the trades partition; a record that nobody can read is passed over, as by readers."""
    tails: dict[str, SymbolTail] = {}
    for message in read_committed(connection, stream, stream.trades_topic, partition, -_TAIL, -1, stopping):
        try:
            record = parse_record(bytes(message.value() or b""))
        except UnreadableRecordError:
            continue
        tail = tails.setdefault(record.symbol, SymbolTail(record))
        tail.follow(record)
    return tails
