"""A thread that reads the trades topic from a moment on, in large batches."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from cryptostream_view.decoding import Arrivals, decode
from cryptostream_view.source import Source, pauses

_BATCH = 1_000
_BATCH_SECONDS = 0.2
_REQUEST_SECONDS = 2.0
_PROBE_EVERY = 1.0
_STOP_SECONDS = 3.0

Deliver = Callable[[Arrivals], None]


class TradeFeed:
    """Delivers committed records; takes part in no consumer group and commits nothing."""

    def __init__(self, connection: Mapping[str, Any], topic: str, since: int, deliver: Deliver) -> None:
        """``connection`` in librdkafka's names; ``since``: the first clock to read, in UTC microseconds."""
        self.source = Source("Kafka")
        self._connection = connection
        self._topic = topic
        self._since = since
        self._deliver = deliver
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="view trades", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        consumer = Consumer(
            {
                **self._connection,
                "log_level": 0,
                "error_cb": self._on_error,
                "group.id": f"cryptostream-view-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                # Few large fetches instead of one for each transaction of the producer, every 50 ms.
                "fetch.min.bytes": 262_144,
                "fetch.wait.max.ms": int(_BATCH_SECONDS * 1000),
                "queued.max.messages.kbytes": 32_768,
            }
        )
        try:
            if self._begin(consumer):
                self._read(consumer)
        finally:
            consumer.close()

    def _begin(self, consumer: Consumer) -> bool:
        """Find the position of the first moment; False when the feed is stopped before Kafka answers."""
        for pause in pauses():
            if self._stopping.is_set():
                return False
            try:
                found = self._start_of(consumer)
            except KafkaException as error:
                self.source.lost(_describe(error.args[0], self._topic))
                self._stopping.wait(pause)
            else:
                consumer.assign(found)
                self.source.reached()
                return True
        return False

    def _start_of(self, consumer: Consumer) -> list[TopicPartition]:
        """The first offset of each partition at or after the first moment. Raises KafkaException."""
        topic = consumer.list_topics(self._topic, timeout=_REQUEST_SECONDS).topics[self._topic]
        if topic.error is not None:
            raise KafkaException(topic.error)
        # The ends are asked for first: what comes between the two answers is found by its time or read from there.
        ends = {number: self._end_of(consumer, number) for number in topic.partitions}
        wanted = [TopicPartition(self._topic, number, self._since // 1000) for number in topic.partitions]
        found = consumer.offsets_for_times(wanted, timeout=_REQUEST_SECONDS)
        return [
            TopicPartition(self._topic, at.partition, at.offset if at.offset >= 0 else ends[at.partition])
            for at in found
        ]

    def _end_of(self, consumer: Consumer, partition: int) -> int:
        offsets = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=_REQUEST_SECONDS)
        if offsets is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        end: int = offsets[1]
        return end

    def _read(self, consumer: Consumer) -> None:
        probe_at = 0.0
        while not self._stopping.is_set():
            messages = consumer.consume(_BATCH, timeout=_BATCH_SECONDS)
            if messages:
                self._deliver(decode((message.key(), message.value()) for message in messages if not message.error()))
                self.source.reached()
            elif self.source.snapshot().up is False and time.monotonic() >= probe_at:
                probe_at = time.monotonic() + _PROBE_EVERY
                self._probe(consumer)

    def _probe(self, consumer: Consumer) -> None:
        try:
            consumer.list_topics(self._topic, timeout=_PROBE_EVERY)
        except KafkaException:
            return
        self.source.reached()

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self.source.lost(f"nothing answers at {self._connection['bootstrap.servers']}")
        elif error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
            self.source.lost(error.str())


def _describe(error: KafkaError, topic: str) -> str:
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return f"there is no topic {topic} yet"
    return error.str()
