"""Create a stream's topics with the settings that its records need, and bring those that exist up to date."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
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
) -> set[str]:
    """Create the four topics of a stream; those that exist are left as they are. Returns those that it made.

    ``connection`` is a bootstrap address or librdkafka's connection settings; ``replicas`` may be CLUSTER_DEFAULT.
    Raises KafkaException.
    """
    admin = _admin(connection)
    topics = [
        NewTopic(
            f"{stream.namespace}.{stream.name}.{suffix}",
            num_partitions=partitions if is_partitioned_by_symbol(suffix) else 1,
            replication_factor=replicas,
            config=config,
        )
        for suffix, config in topic_settings(retention_ms).items()
    ]
    made = set()
    for name, future in admin.create_topics(topics, request_timeout=30).items():
        try:
            future.result(timeout=35)
            made.add(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return made


def update_topics(
    connection: str | Mapping[str, Any], topics: Sequence[str], replicas: int, retention_ms: int
) -> list[str]:
    """Bring topics that exist up to date as far as Kafka lets one: their retention, where they are not compacted.

    Returns a sentence for each thing that stays as it was, with what to do. Raises KafkaException.
    """
    admin = _admin(connection)
    names = sorted(topics)
    kept = {name for name in names if topic_settings()[name.rpartition(".")[2]]["cleanup.policy"] == "delete"}
    return [*_other_replicas(admin, names, replicas), *_altered(admin, sorted(kept), str(retention_ms))]


def delete_topics(connection: str | Mapping[str, Any], stream: StreamName) -> None:
    """Delete the four topics of a stream; those that do not exist are passed over."""
    admin = _admin(connection)
    names = [f"{stream.namespace}.{stream.name}.{suffix}" for suffix in topic_settings()]
    for future in admin.delete_topics(names, request_timeout=30).values():
        try:
            future.result(timeout=35)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise


def _admin(connection: str | Mapping[str, Any]) -> AdminClient:
    return AdminClient({"bootstrap.servers": connection} if isinstance(connection, str) else dict(connection))


def _other_replicas(admin: AdminClient, names: Sequence[str], replicas: int) -> Iterator[str]:
    if replicas == CLUSTER_DEFAULT:
        return
    known = admin.list_topics(timeout=30).topics
    for name in names:
        there = {len(partition.replicas) for partition in known[name].partitions.values()} if name in known else set()
        if there and there != {replicas}:
            had = " or ".join(str(count) for count in sorted(there))
            yield (
                f"topic {name} has replication factor {had}, not {replicas}: an existing topic gets another only by "
                "kafka-reassign-partitions"
            )


def _altered(admin: AdminClient, names: Sequence[str], retention_ms: str) -> Iterator[str]:
    """Alter what differs: a login that may not ask for settings is no matter while nothing is to be changed by it."""
    wanted = ConfigEntry("retention.ms", retention_ms, incremental_operation=AlterConfigOpType.SET)
    for name in names:
        try:
            (described,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]).values()
            there = described.result(timeout=35)["retention.ms"].value
            if there == retention_ms:
                continue
            change = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[wanted])
            (altered,) = admin.incremental_alter_configs([change]).values()
            altered.result(timeout=35)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise
            yield (
                f"the login may not see or set retention.ms of topic {name}: allow it DescribeConfigs and "
                f"AlterConfigs, or see to it that it is {retention_ms}"
            )
