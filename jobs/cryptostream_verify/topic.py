"""Reading a whole topic, read_committed, from its beginning to a known end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from cryptostream_verify.errors import UnreachableError, describe

_REQUEST_SECONDS = 15.0
_SILENCE_SECONDS = 60.0
_BATCH = 10_000
_BATCH_SECONDS = 0.05  # consume() waits this long for a batch to fill, also at the end

Deliver = Callable[[int, int, int, bytes | None, bytes | None], None]
"""Takes partition, offset, timestamp in milliseconds, key and value of one record."""


@dataclass(frozen=True, slots=True)
class Extent:
    """First offset and end (exclusive; the last stable offset) of each partition."""

    beginnings: dict[int, int]
    ends: dict[int, int]


class TopicReader:
    """Reads one topic in stretches: each call of `read` goes on where the one before ended."""

    def __init__(self, connection: dict[str, Any], topic: str) -> None:
        self._topic = topic
        self._connection = connection
        self._read_to: dict[int, int] = {}

    def extent(self) -> Extent | None:
        """What the topic holds now, None when there is no such topic. Raises UnreachableError when Kafka is not
        there.
        """
        consumer = self._consumer()
        try:
            found = consumer.list_topics(timeout=_REQUEST_SECONDS).topics.get(self._topic)
            if found is None:
                return None
            # A read_committed consumer is told the last stable offset: an open transaction is not waited for.
            offsets = {
                number: consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=_REQUEST_SECONDS)
                for number in sorted(found.partitions)
            }
        except KafkaException as error:
            raise UnreachableError(f"Kafka at {self._where}: {describe(error.args[0])}") from None
        finally:
            consumer.close()
        return Extent(
            {number: beginning for number, (beginning, _) in offsets.items()},
            {number: end for number, (_, end) in offsets.items()},
        )

    def read(self, extent: Extent, deliver: Deliver) -> None:
        """Deliver every committed record up to the extent's ends that no earlier call has delivered.

        Records that retention removes meanwhile are passed over. Raises UnreachableError when nothing comes for a
        minute.
        """
        starts = {
            partition: max(extent.beginnings[partition], self._read_to.get(partition, 0))
            for partition, end in extent.ends.items()
        }
        unfinished = {partition for partition, end in extent.ends.items() if starts[partition] < end}
        if unfinished:
            consumer = self._consumer()
            try:
                consumer.assign([TopicPartition(self._topic, number, starts[number]) for number in sorted(unfinished)])
                self._drain(consumer, extent.ends, unfinished, deliver)
            finally:
                consumer.close()
        self._read_to = dict(extent.ends)

    def _drain(self, consumer: Consumer, ends: dict[int, int], unfinished: set[int], deliver: Deliver) -> None:
        heard = time.monotonic()
        while unfinished:
            messages = consumer.consume(_BATCH, timeout=_BATCH_SECONDS)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > _SILENCE_SECONDS:
                raise UnreachableError(
                    f"nothing came from partitions {sorted(unfinished)} of {self._topic} at {self._where} for "
                    f"{_SILENCE_SECONDS:.0f} s, though they hold more"
                )
            for message in messages:
                partition = _take(message, ends, deliver)
                if partition is not None:
                    unfinished.discard(partition)

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                **self._connection,
                "log_level": 0,
                "group.id": "cryptostream-verify",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 20,
                "auto.offset.reset": "earliest",
                "queued.max.messages.kbytes": 65_536,
            }
        )

    @property
    def _where(self) -> str:
        return str(self._connection["bootstrap.servers"])


def _take(message: Message, ends: dict[int, int], deliver: Deliver) -> int | None:
    """Deliver a message that lies before its partition's end; the partition, if that end is reached."""
    error, partition, offset = message.error(), message.partition(), message.offset()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:
        raise UnreachableError(f"reading the topic: {describe(error)}")
    if partition is None or offset is None:
        return None
    if error is None and offset < ends[partition]:
        deliver(partition, offset, message.timestamp()[1], message.key(), message.value())
    end_reached = offset >= ends[partition] if error is not None else offset + 1 >= ends[partition]
    return partition if end_reached else None
