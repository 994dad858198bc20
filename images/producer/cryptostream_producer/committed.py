"""Reading committed records of one partition up to its end."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from cryptostream_model.streams import StreamName
from cryptostream_producer.kafka_errors import explain, may_be_fencing
from cryptostream_producer.log_errors import LogBrokenError, StoppedError, broken

_POLL = 1.0
_SILENCE = 30.0


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
    try:
        consumer.assign([_place(consumer, topic, partition, start)])
        last = -1
        while True:
            message = _poll(consumer, f"{topic}/{partition}", stopping)
            offset = int(message.offset() or 0)
            if message.error() is None:
                last = offset
                yield message
            elif last >= through or offset > through:
                return
    except KafkaException as error:
        raise broken(error) from None
    finally:
        consumer.close()


def _place(consumer: Consumer, topic: str, partition: int, start: int | None) -> TopicPartition:
    if start is None:
        return TopicPartition(topic, partition, OFFSET_BEGINNING)
    if start >= 0:
        return TopicPartition(topic, partition, start)
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_SILENCE)
    return TopicPartition(topic, partition, max(low, high + start))


def _poll(consumer: Consumer, name: str, stopping: Callable[[], bool]) -> Message:
    """The next record, or the notice (a message with an error) that the end of the partition is reached."""
    deadline = monotonic() + _SILENCE
    while monotonic() < deadline:
        message = consumer.poll(_POLL)
        if stopping():
            raise StoppedError
        error = None if message is None else message.error()
        if message is not None and (error is None or error.code() == KafkaError._PARTITION_EOF):
            return message
        if error is not None and not _passes(error):
            raise LogBrokenError(explain(error), may_be_fencing(error))
    raise LogBrokenError(f"{name} cannot be read for {_SILENCE:.0f} s")


def _passes(error: KafkaError) -> bool:
    return error.retriable() or error.code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)
