"""Kafka by Strimzi: secured, admitted by the restricted standard, replicated as its nodes allow."""

from typing import Any

import pytest

from harness.helm_chart import KINDS, Rendered, refusal, render

STRIMZI = [kind for kind in KINDS if kind.startswith("kafka.strimzi.io/")]
SPARK_ONLY = [kind for kind in KINDS if kind.startswith("sparkoperator")]


def config(brokers: int, **kafka: Any) -> dict[str, Any]:
    """The brokers' settings."""
    rendered = render({"kafka": {"brokers": brokers, **kafka}})
    found: dict[str, Any] = rendered.one("Kafka")["spec"]["kafka"]["config"]
    return found


@pytest.fixture(scope="module")
def default() -> Rendered:
    return render()


@pytest.mark.parametrize(("brokers", "copies", "in_sync"), [(1, 1, 1), (3, 3, 2), (5, 3, 2)])
def test_replication_follows_from_the_number_of_nodes(brokers: int, copies: int, in_sync: int) -> None:
    settings = config(brokers)
    assert {name: value for name, value in settings.items() if name.endswith("replication.factor")} == {
        "default.replication.factor": copies,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "share.coordinator.state.topic.replication.factor": copies,
    }
    assert {value for name, value in settings.items() if name.endswith(("min.isr", "min.insync.replicas"))} == {in_sync}
    pool = render({"kafka": {"brokers": brokers}}).one("KafkaNodePool")
    assert (pool["spec"]["replicas"], pool["spec"]["roles"]) == (brokers, ["controller", "broker"])


def test_the_users_settings_win() -> None:
    settings = config(3, config={"min.insync.replicas": 1, "log.segment.bytes": 536870912})
    assert settings["min.insync.replicas"] == 1
    assert settings["log.segment.bytes"] == 536870912
    assert settings["default.replication.factor"] == 3


def test_two_nodes_are_refused_since_they_stop_when_either_does() -> None:
    assert "brokers" in refusal({"kafka": {"brokers": 2}})


def test_it_is_found_by_a_stream_that_says_nothing_of_kafka(default: Rendered) -> None:
    kafka = default.one("Kafka", "kafka")
    listeners = kafka["spec"]["kafka"]["listeners"]
    assert [(one["port"], one["tls"], one["authentication"]) for one in listeners] == [
        (9093, True, {"type": "scram-sha-512"})
    ]
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}
    assert kafka["apiVersion"] == "kafka.strimzi.io/v1"
    assert default.one("KafkaNodePool")["metadata"]["labels"]["strimzi.io/cluster"] == "kafka"


def test_its_pods_pass_the_restricted_standard(default: Rendered) -> None:
    spec = default.one("Kafka")["spec"]
    brokers, entities = spec["kafka"]["template"], spec["entityOperator"]["template"]
    for pod in (brokers["pod"], entities["pod"]):
        context = pod["securityContext"]
        assert context == {"runAsNonRoot": True, "fsGroup": 0, "seccompProfile": {"type": "RuntimeDefault"}}
    containers = [brokers["kafkaContainer"], entities["topicOperatorContainer"], entities["userOperatorContainer"]]
    for container in containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_topics_can_be_deleted_together_with_their_cluster(default: Rendered) -> None:
    container = default.one("Kafka")["spec"]["entityOperator"]["template"]["topicOperatorContainer"]
    assert container["env"] == [{"name": "STRIMZI_USE_FINALIZERS", "value": "false"}]


def test_another_version_of_the_chart_restarts_no_broker(default: Rendered) -> None:
    """Strimzi hands labels of its objects on to their pods."""
    for kind in ("Kafka", "KafkaNodePool", "KafkaUser"):
        for found in default.of(kind):
            assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(found["metadata"]["labels"])


def test_the_reader_reads_the_topics_of_the_namespace_and_no_more() -> None:
    user = render(namespace="trading").one("KafkaUser")
    rules = {
        (rule["resource"]["type"], rule["resource"]["name"], rule["resource"]["patternType"]): rule["operations"]
        for rule in user["spec"]["authorization"]["acls"]
    }
    assert rules == {
        ("topic", "trading.", "prefix"): ["Describe", "Read"],
        ("group", "cryptostream-", "prefix"): ["Read"],
    }
    assert render({"kafka": {"reader": {"enabled": False}}}).of("KafkaUser") == []


def test_volumes_are_kept_unless_told_otherwise(default: Rendered) -> None:
    volume = default.one("KafkaNodePool")["spec"]["storage"]["volumes"][0]
    assert (volume["type"], volume["size"], volume["deleteClaim"]) == ("persistent-claim", "10Gi", False)
    ephemeral = render({"kafka": {"storage": {"type": "ephemeral"}}}).one("KafkaNodePool")
    volume = ephemeral["spec"]["storage"]["volumes"][0]
    assert volume == {"id": 0, "type": "ephemeral", "kraftMetadata": "shared", "sizeLimit": "10Gi"}


def test_metrics_are_served_and_collected_where_they_are_wanted(default: Rendered) -> None:
    assert "metricsConfig" not in default.one("Kafka")["spec"]["kafka"]
    monitored = render({"kafka": {"metrics": {"enabled": True}}, "monitoring": {"podMonitor": {"enabled": True}}})
    assert monitored.one("Kafka")["spec"]["kafka"]["metricsConfig"] == {"type": "strimziMetricsReporter"}
    chosen = monitored.one("PodMonitor", "cryptostream-kafka")["spec"]["selector"]["matchLabels"]
    assert chosen["strimzi.io/cluster"] == "kafka"


def test_with_an_external_kafka_there_is_nothing_of_strimzi() -> None:
    kinds = {found["kind"] for found in render({"kafka": {"mode": "external"}}, kinds=SPARK_ONLY).objects}
    assert not {kind for kind in kinds if kind.startswith("Kafka")}


def test_without_strimzi_the_message_says_what_to_install_or_to_set() -> None:
    message = refusal({}, kinds=[kind for kind in KINDS if kind not in STRIMZI])
    assert "install Strimzi 1.0 or newer first, or set kafka.mode=external" in message
