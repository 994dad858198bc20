"""The stream's Kafka users under Strimzi, each allowed what its part does and nothing else."""

from collections.abc import Sequence

from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.metadata import owned
from cryptostream_operator.labels import STRIMZI_CLUSTER

COMPONENT = "user"


def kafka_users(stream: Stream) -> list[Manifest]:
    """The users of the producers and of the job. Strimzi writes a Secret with the password under the user's name."""
    return [
        _kafka_user(stream, stream.names.producer, producer_rules(stream)),
        _kafka_user(stream, stream.names.job, job_rules(stream)),
    ]


def producer_rules(stream: Stream) -> list[Manifest]:
    """A producer writes in transactions, and reads back what is committed to know where to go on."""
    names = stream.names
    return [
        _allow("topic", names.kafka_topic("trades"), ["Describe", "Read", "Write"]),
        _allow("topic", names.kafka_topic("positions"), ["Describe", "Read", "Write"]),
        _allow("topic", names.kafka_topic("dead-letters"), ["Describe", "Write"]),
        _allow("transactionalId", names.transactional_id_prefix(), ["Describe", "Write"], prefix=True),
        # Its consumers commit no offsets, but name a group.
        _allow("group", f"{names.namespace}.{names.name}.producer", ["Read"]),
    ]


def job_rules(stream: Stream) -> list[Manifest]:
    """The job reads trades and publishes alerts; Spark makes up the ends of its groups' names."""
    names = stream.names
    return [
        _allow("topic", names.kafka_topic("trades"), ["Describe", "Read"]),
        _allow("topic", names.kafka_topic("alerts"), ["Describe", "Write"]),
        _allow("group", f"{names.kafka_topic('trades')}.job", ["Read"], prefix=True),
    ]


def _kafka_user(stream: Stream, name: str, rules: Sequence[Manifest]) -> Manifest:
    metadata = owned(stream, name, COMPONENT)
    metadata["labels"] = {**metadata["labels"], STRIMZI_CLUSTER: stream.spec.kafka.cluster}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": metadata,
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": list(rules)},
        },
    }


def _allow(kind: str, name: str, operations: Sequence[str], prefix: bool = False) -> Manifest:
    resource = {"type": kind, "name": name, "patternType": "prefix" if prefix else "literal"}
    return {"type": "allow", "resource": resource, "operations": list(operations), "host": "*"}
