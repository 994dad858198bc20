"""The stream's topics: Strimzi's resources, or a Job that makes them where Kafka is given."""

from datetime import timedelta

from cryptostream_model.topics import is_partitioned_by_symbol, topic_settings
from cryptostream_operator.api.base import length_of
from cryptostream_operator.api.hashing import hash_of
from cryptostream_operator.api.names import TOPIC_KINDS
from cryptostream_operator.builders.environment import topics_environment
from cryptostream_operator.builders.image_layout import TERMINATION_LOG
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream, producer_image
from cryptostream_operator.builders.kafka_access import authority_mounts, authority_volumes
from cryptostream_operator.builders.metadata import by_deletion_policy
from cryptostream_operator.builders.one_shot import OneShot, kubernetes_job
from cryptostream_operator.builders.variables import entries
from cryptostream_operator.labels import STRIMZI_CLUSTER

COMPONENT = "topic"
_KEPT_FOR_EVER = -1


def kafka_topics(stream: Stream) -> list[Manifest]:
    """Strimzi's KafkaTopics. They outlive the stream unless its deletion policy says otherwise."""
    return [_kafka_topic(stream, kind) for kind in TOPIC_KINDS]


def topics_job(stream: Stream, defaults: Defaults) -> Manifest:
    """The Job that makes the topics of an external Kafka, or brings those that exist up to date."""
    topic = stream.spec.topic
    command = ["cryptostream", "topics", f"--partitions={topic.partitions}", f"--retention={topic.retention}"]
    if topic.replicas is not None:
        command.append(f"--replicas={topic.replicas}")
    command.append(f"--remarks={TERMINATION_LOG}")
    image = producer_image(stream, defaults)
    environment = entries(topics_environment(stream))
    return kubernetes_job(
        stream,
        defaults,
        OneShot(
            # A Job cannot be changed: another command or another Kafka is another Job.
            name=stream.names.topics_job(hash_of([image, command, environment])),
            component="topics",
            image=image,
            image_pull_policy=stream.spec.producer.image_pull_policy,
            service_account=stream.names.producer,
            command=command,
            environment=environment,
            volumes=authority_volumes(stream),
            volume_mounts=authority_mounts(stream),
        ),
    )


def _kafka_topic(stream: Stream, kind: str) -> Manifest:
    topic = stream.spec.topic
    metadata = by_deletion_policy(stream, stream.names.topic(kind), COMPONENT)
    metadata["labels"] = {**metadata["labels"], STRIMZI_CLUSTER: stream.spec.kafka.cluster}
    spec: Manifest = {
        "topicName": stream.names.kafka_topic(kind),
        "partitions": topic.partitions if is_partitioned_by_symbol(kind) else 1,
        "config": topic_settings(_retention_ms(topic.retention))[kind],
    }
    if topic.replicas is not None:
        spec["replicas"] = topic.replicas
    return {"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaTopic", "metadata": metadata, "spec": spec}


def _retention_ms(retention: str) -> int:
    return _KEPT_FOR_EVER if retention == "all" else length_of(retention) // timedelta(milliseconds=1)
