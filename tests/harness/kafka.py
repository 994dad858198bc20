"""Read and write topics of the tests' broker."""

from collections.abc import Iterable
from typing import Any

import orjson
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from cryptostream_local.topics import create_topics, delete_topics
from cryptostream_model.streams import StreamName

__all__ = ["create_topics", "delete_records_before", "delete_topics", "read_topic", "stream_topics", "values_by_symbol"]


def read_topic(bootstrap: str, topic: str, isolation: str = "read_committed") -> list[Message]:
    """Every record of a topic up to its end now, partition by partition in offset order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tests",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    messages: list[Message] = []
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        for partition in sorted(partitions):
            low, _ = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            consumer.assign([TopicPartition(topic, partition, low)])
            while True:
                message = consumer.poll(10.0)
                if message is None:
                    raise AssertionError(f"no answer from {topic}/{partition} within 10 s")
                if message.error():
                    break
                messages.append(message)
    finally:
        consumer.close()
    return messages


def values_by_symbol(messages: Iterable[Message]) -> dict[str, list[dict[str, Any]]]:
    """The JSON values of a topic by key, in offset order."""
    values: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        key, value = message.key(), message.value()
        assert key is not None and value is not None
        values.setdefault(bytes(key).decode(), []).append(orjson.loads(value))
    return values


def delete_records_before(bootstrap: str, offsets: dict[tuple[str, int], int]) -> None:
    """Cut the head of partitions, as retention does: (topic, partition) -> first offset to keep."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
    for future in admin.delete_records(wanted).values():
        future.result(timeout=30)


def stream_topics(stream: StreamName) -> list[str]:
    return [stream.trades_topic, stream.positions_topic, stream.alerts_topic, stream.dead_letters_topic]
