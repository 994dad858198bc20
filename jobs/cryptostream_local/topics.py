"""Create a stream's topics with the settings that its records need."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from cryptostream_model.streams import StreamName
from cryptostream_model.topics import is_partitioned_by_symbol, topic_settings

CLUSTER_DEFAULT = -1
"""A number of replicas: as many as the cluster has for topics that say nothing."""


def create_topics(
    connection: str | Mapping[str, Any],
    stream: StreamName,
    partitions: int = 1,
    replicas: int = 1,
    retention_ms: int = -1,
) -> None:
    """Create the four topics of a stream; those that exist are left as they are.

    ``connection`` is a bootstrap address or librdkafka's connection settings; ``replicas`` may be CLUSTER_DEFAULT.
    Raises KafkaException.
    """
    admin = AdminClient({"bootstrap.servers": connection} if isinstance(connection, str) else dict(connection))
    topics = [
        NewTopic(
            f"{stream.namespace}.{stream.name}.{suffix}",
            num_partitions=partitions if is_partitioned_by_symbol(suffix) else 1,
            replication_factor=replicas,
            config=config,
        )
        for suffix, config in topic_settings(retention_ms).items()
    ]
    for future in admin.create_topics(topics, request_timeout=30).values():
        try:
            future.result(timeout=35)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def delete_topics(connection: str | Mapping[str, Any], stream: StreamName) -> None:
    """Delete the four topics of a stream; those that do not exist are passed over."""
    admin = AdminClient({"bootstrap.servers": connection} if isinstance(connection, str) else dict(connection))
    names = [f"{stream.namespace}.{stream.name}.{suffix}" for suffix in topic_settings()]
    for future in admin.delete_topics(names, request_timeout=30).values():
        try:
            future.result(timeout=35)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
