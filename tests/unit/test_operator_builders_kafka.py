"""Topics and users of a stream, under Strimzi and elsewhere."""

import pytest
from hypothesis import given

from cryptostream_model.streams import StreamName, partition_of
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.builders.topics import kafka_topics, topics_job
from cryptostream_operator.builders.users import job_rules, kafka_users, producer_rules
from harness.stream_specs import DEFAULTS, EXTERNAL_PLAIN, EXTERNAL_SASL, pod_templates, stream_of, streams


def _allowed(rules: list[dict[str, object]]) -> set[tuple[str, str, str]]:
    """Kind, name (with * after a prefix) and operation of every rule."""
    found = set()
    for rule in rules:
        resource = rule["resource"]
        assert isinstance(resource, dict)
        operations = rule["operations"]
        assert isinstance(operations, list)
        name = resource["name"] + ("*" if resource["patternType"] == "prefix" else "")
        found |= {(resource["type"], name, operation) for operation in operations}
    return found


def test_topics_have_their_names_partitions_and_clean_up() -> None:
    topics = kafka_topics(stream_of(topic={"partitions": 6, "replicas": 3, "retention": "12h"}))
    assert {topic["metadata"]["name"]: topic["spec"]["topicName"] for topic in topics} == {
        "majors-trades": "desk.majors.trades",
        "majors-positions": "desk.majors.positions",
        "majors-alerts": "desk.majors.alerts",
        "majors-dead-letters": "desk.majors.dead-letters",
    }
    described = {
        topic["metadata"]["name"].removeprefix("majors-"): (
            topic["spec"]["partitions"],
            topic["spec"]["config"]["cleanup.policy"],
            topic["spec"]["config"].get("retention.ms"),
        )
        for topic in topics
    }
    assert described == {
        "trades": (6, "delete", "43200000"),
        "positions": (6, "compact", None),
        "alerts": (1, "compact", None),
        "dead-letters": (1, "delete", "43200000"),
    }
    assert {topic["spec"]["replicas"] for topic in topics} == {3}


def test_the_cluster_decides_on_replicas_where_the_user_does_not() -> None:
    assert all("replicas" not in topic["spec"] for topic in kafka_topics(stream_of()))


def test_trades_that_are_kept_for_ever_have_no_retention() -> None:
    trades = kafka_topics(stream_of(topic={"retention": "all"}))[0]
    assert trades["spec"]["config"]["retention.ms"] == "-1"


def test_topics_and_users_belong_to_the_named_kafka() -> None:
    stream = stream_of(kafka={"cluster": "prod"})
    for resource in [*kafka_topics(stream), *kafka_users(stream)]:
        assert resource["metadata"]["labels"]["strimzi.io/cluster"] == "prod"


def test_a_producer_may_write_its_stream_and_read_where_it_was() -> None:
    assert _allowed(producer_rules(stream_of())) == {
        ("topic", "desk.majors.trades", "Describe"),
        ("topic", "desk.majors.trades", "Read"),
        ("topic", "desk.majors.trades", "Write"),
        ("topic", "desk.majors.positions", "Describe"),
        ("topic", "desk.majors.positions", "Read"),
        ("topic", "desk.majors.positions", "Write"),
        ("topic", "desk.majors.dead-letters", "Describe"),
        ("topic", "desk.majors.dead-letters", "Write"),
        ("transactionalId", "desk.majors.p*", "Describe"),
        ("transactionalId", "desk.majors.p*", "Write"),
        ("group", "desk.majors.producer", "Read"),
    }


def test_the_job_may_read_trades_and_write_alerts() -> None:
    assert _allowed(job_rules(stream_of())) == {
        ("topic", "desk.majors.trades", "Describe"),
        ("topic", "desk.majors.trades", "Read"),
        ("topic", "desk.majors.alerts", "Describe"),
        ("topic", "desk.majors.alerts", "Write"),
        ("group", "desk.majors.trades.job*", "Read"),
    }


@given(streams())
def test_every_partitions_transactions_are_covered_and_no_other_streams(stream: Stream) -> None:
    prefixes = [name[:-1] for _, name, _ in _allowed(producer_rules(stream)) if name.endswith("*")]
    own = StreamName(stream.namespace, stream.name)
    partitions = {partition_of(symbol, stream.spec.topic.partitions) for symbol in stream.spec.symbols}
    for prefix in prefixes:
        assert all(own.transactional_id(partition).startswith(prefix) for partition in partitions)
        for other in (f"{stream.name}x", f"{stream.name}-p", f"p{stream.name}"):
            assert not StreamName(stream.namespace, other).transactional_id(0).startswith(prefix)


def test_a_given_kafka_gets_its_topics_by_a_job_and_no_users() -> None:
    stream = stream_of(kafka=EXTERNAL_SASL, topic={"partitions": 6, "replicas": 3, "retention": "12h"})
    container = topics_job(stream, DEFAULTS)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == DEFAULTS.producer_image
    assert container["command"] == [
        "cryptostream",
        "topics",
        "--partitions=6",
        "--retention=12h",
        "--replicas=3",
        "--remarks=/dev/termination-log",
    ]
    assert {entry["name"] for entry in container["env"]} >= {
        "CRYPTOSTREAM_KAFKA_BOOTSTRAP",
        "CRYPTOSTREAM_KAFKA_PASSWORD",
        "CRYPTOSTREAM_NAMESPACE",
        "CRYPTOSTREAM_NAME",
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": {"replicas": 3}},
        {"topic": {"retention": "12h"}},
        {"kafka": {"mode": "external", "external": {"bootstrapServers": "elsewhere:9092"}}},
    ],
)
def test_another_wish_is_another_job_since_a_job_cannot_change(changed: dict[str, object]) -> None:
    before = topics_job(stream_of(kafka=EXTERNAL_PLAIN), DEFAULTS)
    after = topics_job(stream_of(**{"kafka": EXTERNAL_PLAIN, **changed}), DEFAULTS)
    assert before["metadata"]["name"] != after["metadata"]["name"]


def test_other_changes_leave_the_job_as_it_is() -> None:
    before = topics_job(stream_of(kafka=EXTERNAL_PLAIN), DEFAULTS)
    assert before == topics_job(stream_of(kafka=EXTERNAL_PLAIN, pane="5s", restartNonce=7), DEFAULTS)


@pytest.mark.parametrize(
    ("kafka", "secret", "items"),
    [
        ({"cluster": "prod"}, "prod-cluster-ca-cert", [{"key": "ca.crt", "path": "ca.crt"}]),
        (EXTERNAL_SASL, "authority", [{"key": "root.pem", "path": "ca.crt"}]),
    ],
)
def test_the_certificate_authority_is_mounted_as_the_parts_expect_it(
    kafka: dict[str, object], secret: str, items: list[dict[str, str]]
) -> None:
    for template in pod_templates(stream_of(kafka=kafka)):
        component = template["metadata"]["labels"]["app.kubernetes.io/component"]
        volumes = [volume["secret"] for volume in template["spec"]["volumes"] if "secret" in volume]
        if component in ("rebuild", "purge"):
            assert volumes == []
        else:
            assert volumes == [{"secretName": secret, "items": items}]
            mounts = template["spec"]["containers"][0]["volumeMounts"]
            mount = next(mount for mount in mounts if mount["name"] == "kafka-authority")
            assert (mount["mountPath"], mount["readOnly"]) == ("/etc/cryptostream/kafka", True)
