"""What the cluster lacks is said before anything is installed, with the way out."""

import re
from typing import Any

import pytest

from harness.helm_chart import CHART, KINDS, NAMESPACE, RELEASE, refusal, render

NEEDS: list[tuple[str, dict[str, Any], str]] = [
    ("sparkoperator.k8s.io/v1beta2/SparkApplication", {}, "the Kubeflow Spark operator"),
    ("kafka.strimzi.io/v1/Kafka", {}, "kafka.mode=external"),
    (
        "monitoring.coreos.com/v1/PodMonitor",
        {"monitoring": {"podMonitor": {"enabled": True}}},
        "podMonitor.enabled=false",
    ),
    ("monitoring.coreos.com/v1/PrometheusRule", {"monitoring": {"rules": {"enabled": True}}}, "rules.enabled=false"),
]


@pytest.mark.parametrize(("kind", "values", "remedy"), NEEDS, ids=[kind.rsplit("/", 1)[1] for kind, _, _ in NEEDS])
def test_a_missing_kind_is_named_with_the_remedy(kind: str, values: dict[str, Any], remedy: str) -> None:
    message = refusal(values, kinds=[known for known in KINDS if known != kind])
    assert kind.rsplit("/", 1)[1] in message
    assert remedy in message
    assert f"--api-versions {kind}" in message


def test_without_a_cluster_the_check_can_be_switched_off() -> None:
    assert render({"requireKinds": False}, kinds=()).of("Kafka")


def test_what_is_not_used_is_not_asked_for() -> None:
    spark_only = ["sparkoperator.k8s.io/v1beta2/SparkApplication"]
    external = {"kafka": {"mode": "external"}, "timescaledb": {"mode": "statefulset"}}
    assert render(external, kinds=spark_only).of("Deployment")


def test_an_old_cluster_is_refused() -> None:
    chart = (CHART / "Chart.yaml").read_text()
    assert re.search(r'^kubeVersion: ">=1\.31', chart, re.MULTILINE)


def test_further_objects_may_be_manifests_or_templates() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-one"}}
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Namespace }}-two\n"
    assert render({"extraObjects": [manifest, text]}).names("ConfigMap") >= {f"{RELEASE}-one", f"{NAMESPACE}-two"}


@pytest.mark.parametrize(
    ("values", "release", "name"),
    [
        ({}, "cryptostream", "cryptostream-operator"),
        ({}, "my-cryptostream", "my-cryptostream-operator"),
        ({}, "prod", "prod-cryptostream-operator"),
        ({"nameOverride": "streams"}, "prod", "prod-streams-operator"),
        ({"fullnameOverride": "cs"}, "prod", "cs-operator"),
        ({}, "a" * 53, f"{'a' * 40}-operator"),
    ],
)
def test_names_follow_from_the_release(values: dict[str, Any], release: str, name: str) -> None:
    assert name in render(values, release=release).names("Deployment")
