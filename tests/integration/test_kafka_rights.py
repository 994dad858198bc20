"""The rights that the operator gives are enough for producers and job, and for no more, on a broker that checks."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from cryptostream_local.broker import Broker
from cryptostream_local.ports import LOOPBACK, free_port
from cryptostream_local.topics import create_topics, update_topics
from cryptostream_model.streams import StreamName
from cryptostream_operator.builders.users import kafka_users
from harness.kafka import read_topic
from harness.pipeline import Pipeline
from harness.simulator import RunningSimulator
from harness.stream_specs import stream_of
from harness.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

PASSWORD = "entry"
# Short episodes: one that began in the history, whose alert is not sent, would otherwise last the whole test.
SENSITIVE = json.dumps(
    {
        "price_spike": {
            "warm_up_windows": 5,
            "baseline_windows": 10,
            "threshold": 1,
            "cooldown_windows": 1,
            "longest_episode_windows": 3,
        }
    }
)
_KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}


class GuardedBroker:
    """A broker with an open listener for the test and one for clients, who log in and may do what rules allow."""

    def __init__(self, folder: Path, users: Sequence[str]) -> None:
        port, controller, self._clients = free_port(), free_port(), free_port()
        listeners = {"PLAINTEXT": port, "CLIENTS": self._clients, "CONTROLLER": controller}
        addresses = {name: f"{name}://{LOOPBACK}:{number}" for name, number in listeners.items()}
        logins = " ".join(f'user_{user}="{PASSWORD}"' for user in users)
        self.broker = Broker(
            folder,
            {
                "listeners": ",".join(addresses.values()),
                "advertised.listeners": f"{addresses['PLAINTEXT']},{addresses['CLIENTS']}",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_PLAINTEXT",
                "inter.broker.listener.name": "PLAINTEXT",
                "sasl.enabled.mechanisms": "PLAIN",
                "listener.name.clients.plain.sasl.jaas.config": (
                    f"org.apache.kafka.common.security.plain.PlainLoginModule required {logins};"
                ),
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": "User:ANONYMOUS",
            },
            port=port,
        )
        self.broker.controller_port = controller
        self.broker.start()

    def settings(self, user: str) -> dict[str, object]:
        """How one of our parts logs in."""
        return {
            "kafka_bootstrap": f"{LOOPBACK}:{self._clients}",
            "kafka_security_protocol": "SASL_PLAINTEXT",
            "kafka_sasl_mechanism": "PLAIN",
            "kafka_username": user,
            "kafka_password": PASSWORD,
        }

    def connection(self, user: str) -> dict[str, Any]:
        """How librdkafka logs in."""
        return {
            "bootstrap.servers": f"{LOOPBACK}:{self._clients}",
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "sasl.password": PASSWORD,
            "log_level": 0,
        }

    def allow_on_topics(self, user: str, prefix: str, operation: AclOperation) -> None:
        """Let a user do something with all topics of a prefix."""
        resource = (ResourceType.TOPIC, prefix, ResourcePatternType.PREFIXED)
        binding = AclBinding(*resource, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        for future in admin.create_acls([binding]).values():
            future.result(timeout=30)

    def setting(self, topic: str, name: str) -> str:
        """A setting of a topic as the broker has it; "-1" stands for one that compaction makes meaningless."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        (described,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
        found = described.result(timeout=30)
        return "-1" if found["cleanup.policy"].value == "compact" else str(found[name].value)

    def allow(self, kafka_user: dict[str, Any]) -> None:
        """Do what Strimzi does with a KafkaUser's rules."""
        bindings = [
            AclBinding(
                _KINDS[rule["resource"]["type"]],
                rule["resource"]["name"],
                _PATTERNS[rule["resource"]["patternType"]],
                f"User:{kafka_user['metadata']['name']}",
                rule["host"],
                AclOperation[operation.upper()],
                AclPermissionType.ALLOW,
            )
            for rule in kafka_user["spec"]["authorization"]["acls"]
            for operation in rule["operations"]
        ]
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        for future in admin.create_acls(bindings).values():
            future.result(timeout=30)


@pytest.fixture
def users(stream: StreamName) -> list[dict[str, Any]]:
    return kafka_users(stream_of(stream.namespace, stream.name))


@pytest.fixture
def guarded(workshop: Path, stream: StreamName, users: list[dict[str, Any]]) -> Iterator[GuardedBroker]:
    running = GuardedBroker(workshop / f"guarded-{stream.name}", [user["metadata"]["name"] for user in users])
    for user in users:
        running.allow(user)
    yield running
    running.broker.kill()


def test_producers_and_job_can_do_their_work(
    guarded: GuardedBroker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    with (
        RunningSimulator(symbols="BTCUSDT:40,ETHUSDT:20", seed=3, history="2m") as simulator,
        Pipeline(
            simulator,
            guarded.broker.bootstrap,
            database_url,
            stream,
            workshop / stream.name,
            "BTCUSDT,ETHUSDT",
            producer=guarded.settings(f"{stream.name}-producer"),
            job={**guarded.settings(f"{stream.name}-job"), "detectors": SENSITIVE},
        ) as pipeline,
    ):
        pipeline.start()
        pipeline.wait_for_windows(8)
        until(lambda: read_topic(guarded.broker.bootstrap, stream.alerts_topic), "an alert in its topic", 150)
        # A takeover reads the positions, and fences.
        taken = pipeline.producers[0]
        pipeline.start_producer(0).wait_ready()
        taken.wait_for_readiness("fenced by writer")
        taken.kill()
        pipeline.stop_producers()
        pipeline.verify().passed()
        assert "AUTHORIZATION" not in pipeline.job.log(5000).upper()
        assert pipeline.job.stop() == 0


def test_neither_can_do_the_others_work(guarded: GuardedBroker, stream: StreamName) -> None:
    create_topics(guarded.broker.bootstrap, stream)
    create_topics(guarded.broker.bootstrap, StreamName(stream.namespace, "other"))
    producer, job = f"{stream.name}-producer", f"{stream.name}-job"
    assert _write(guarded, producer, stream.dead_letters_topic) is None
    assert _write(guarded, job, stream.alerts_topic) is None
    for user, topic in (
        (producer, stream.alerts_topic),
        (producer, f"{stream.namespace}.other.trades"),
        (job, stream.trades_topic),
        (job, stream.positions_topic),
        (job, stream.dead_letters_topic),
    ):
        assert _write(guarded, user, topic) == "TOPIC_AUTHORIZATION_FAILED", (user, topic)
    producers, jobs = f"{stream.namespace}.{stream.name}.producer", f"{stream.trades_topic}.job"
    assert _read(guarded, producer, stream.positions_topic, producers) is None
    assert _read(guarded, job, stream.trades_topic, f"{jobs}-1") is None
    for user, topic, group in (
        (producer, stream.alerts_topic, producers),
        (job, stream.positions_topic, jobs),
        (job, stream.alerts_topic, jobs),
    ):
        assert _read(guarded, user, topic, group) == "TOPIC_AUTHORIZATION_FAILED", (user, topic)
    stranger = Producer({**guarded.connection(producer), "transactional.id": f"{stream.namespace}.other.p0"})
    with pytest.raises(KafkaException, match="TRANSACTIONAL_ID_AUTHORIZATION_FAILED"):
        stranger.init_transactions(20)


def test_topics_that_exist_get_their_retention_and_what_cannot_be_changed_is_said(
    guarded: GuardedBroker, stream: StreamName
) -> None:
    """By a login with the rights that making topics takes, and by one that may alter them as well."""
    user = f"{stream.name}-producer"
    for operation in ("CREATE", "DESCRIBE"):
        guarded.allow_on_topics(user, f"{stream.namespace}.{stream.name}.", AclOperation[operation])
    connection = guarded.connection(user)
    made = create_topics(connection, stream, 2, 1, 3_600_000)
    assert len(made) == 4
    assert create_topics(connection, stream, 2, 1, 3_600_000) == set()

    said = update_topics(connection, sorted(made), 1, 7_200_000)
    assert [remark.partition(": allow it DescribeConfigs and AlterConfigs")[0] for remark in said] == [
        f"the login may not see or set retention.ms of topic {topic}"
        for topic in (stream.dead_letters_topic, stream.trades_topic)
    ]
    for operation in ("DESCRIBE_CONFIGS", "ALTER_CONFIGS"):
        guarded.allow_on_topics(user, f"{stream.namespace}.{stream.name}.", AclOperation[operation])
    until(lambda: not update_topics(connection, sorted(made), 1, 7_200_000), "the rights to be known")
    assert [guarded.setting(topic, "retention.ms") for topic in sorted(made)] == ["-1", "7200000", "-1", "7200000"]
    assert guarded.setting(stream.trades_topic, "message.timestamp.type") == "CreateTime"
    said = update_topics(connection, sorted(made), 3, 7_200_000)
    assert len(said) == 4
    assert said[-1].startswith(f"topic {stream.trades_topic} has replication factor 1, not 3: ")


def _write(guarded: GuardedBroker, user: str, topic: str) -> str | None:
    """What the broker says to a record, None when it takes it."""
    answers: list[str | None] = []
    producer = Producer({**guarded.connection(user), "enable.idempotence": True, "message.timeout.ms": 10_000})
    producer.produce(topic, b"x", b"key", on_delivery=lambda error, _: answers.append(error.name() if error else None))
    assert producer.flush(20) == 0
    return answers[0]


def _read(guarded: GuardedBroker, user: str, topic: str, group: str) -> str | None:
    """What the broker says to a reader; None when it answers with a record or the end."""
    consumer = Consumer({**guarded.connection(user), "group.id": group, "enable.partition.eof": True})
    try:
        refused = consumer.list_topics(topic, timeout=10).topics[topic].error
        if refused is not None:
            return str(refused.name())
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = until(lambda: consumer.poll(1.0), "an answer", 20)
        error = message.error()
        return None if error is None or error.name() == "_PARTITION_EOF" else str(error.name())
    finally:
        consumer.close()
