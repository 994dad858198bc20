"""The producers' Deployments: one a shard, replaced without a hole, out of the way of a drain."""

from typing import Any

import pytest
from hypothesis import given

from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream
from cryptostream_operator.builders.producers import producer_deployments, producer_disruption_budget
from harness.stream_specs import DEFAULTS, stream_of, streams


def _container(deployment: Manifest) -> Manifest:
    container: Manifest = deployment["spec"]["template"]["spec"]["containers"][0]
    return container


def _hash(stream: Stream, defaults: Defaults = DEFAULTS) -> str:
    labels = producer_deployments(stream, defaults)[0]["spec"]["template"]["metadata"]["labels"]
    return str(labels["cryptostream.io/spec-hash"])


@given(streams())
def test_each_shard_has_a_deployment_of_its_own(stream: Stream) -> None:
    deployments = producer_deployments(stream, DEFAULTS)
    assert [deployment["metadata"]["name"] for deployment in deployments] == [
        f"{stream.name}-producer-{shard}" for shard in range(stream.spec.producer.shards)
    ]
    for shard, deployment in enumerate(deployments):
        values = {entry["name"]: entry.get("value") for entry in _container(deployment)["env"]}
        assert values["CRYPTOSTREAM_SHARD"] == str(shard)
        assert deployment["metadata"]["labels"]["cryptostream.io/shard"] == str(shard)


def test_the_new_pod_is_there_before_the_old_one_goes() -> None:
    spec = producer_deployments(stream_of(), DEFAULTS)[0]["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_a_drain_takes_one_producer_after_the_other_and_broken_ones_at_once() -> None:
    spec = producer_disruption_budget(stream_of(producer={"shards": 3}))["spec"]
    assert spec["maxUnavailable"] == 1
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert spec["selector"]["matchLabels"] == {
        "cryptostream.io/stream": "majors",
        "app.kubernetes.io/component": "producer",
    }


def test_a_producer_is_ready_when_it_says_so() -> None:
    container = _container(producer_deployments(stream_of(), DEFAULTS)[0])
    assert container["command"] == ["cryptostream", "produce"]
    assert container["ports"] == [{"name": "metrics", "containerPort": 8080, "protocol": "TCP"}]
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "metrics"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}


def test_the_mark_of_a_fenced_producer_outlives_its_container_and_goes_with_the_pod() -> None:
    template = producer_deployments(stream_of(), DEFAULTS)[0]["spec"]["template"]
    assert {"name": "state", "emptyDir": {}} in template["spec"]["volumes"]
    mounts = template["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "state", "mountPath": "/var/lib/cryptostream/state"} in mounts


def test_shards_keep_apart_where_they_can() -> None:
    pod = producer_deployments(stream_of(), DEFAULTS)[0]["spec"]["template"]["spec"]
    assert {(rule["topologyKey"], rule["whenUnsatisfiable"]) for rule in pod["topologySpreadConstraints"]} == {
        ("kubernetes.io/hostname", "ScheduleAnyway"),
        ("topology.kubernetes.io/zone", "ScheduleAnyway"),
    }


def test_resources_are_as_asked_for() -> None:
    stream = stream_of(producer={"resources": {"cpu": "0.25", "memory": "300Mi", "cpuLimit": "2"}})
    assert _container(producer_deployments(stream, DEFAULTS)[0])["resources"] == {
        "requests": {"cpu": "250m", "memory": "300Mi"},
        "limits": {"cpu": "2", "memory": "300Mi"},
    }
    free = _container(producer_deployments(stream_of(), DEFAULTS)[0])["resources"]
    assert "cpu" not in free["limits"]


def test_the_users_image_goes_before_the_operators() -> None:
    own = stream_of(producer={"image": "mine:2", "imagePullPolicy": "Always"})
    container = _container(producer_deployments(own, DEFAULTS)[0])
    assert (container["image"], container["imagePullPolicy"]) == ("mine:2", "Always")
    assert _container(producer_deployments(stream_of(), DEFAULTS)[0])["image"] == DEFAULTS.producer_image


@pytest.mark.parametrize(
    "change",
    [
        {"restartNonce": 1},
        {"symbols": ["BTCUSDT"]},
        {"producer": {"shards": 2}},
        {"producer": {"logLevel": "DEBUG"}},
        {"kafka": {"port": 9094}},
    ],
)
def test_pods_are_replaced_for_what_producers_run(change: dict[str, Any]) -> None:
    assert _hash(stream_of(**change)) != _hash(stream_of())


@pytest.mark.parametrize(
    "change",
    [
        {"pane": "5s"},
        {"job": {"triggerInterval": "1s"}},
        {"detectors": {"priceSpike": {"threshold": 9}}},
        {"deletionPolicy": "Delete"},
        {"topic": {"retention": "9d"}},
        {"symbols": ["ETHUSDT", "BTCUSDT"]},
        {"producer": {"startFrom": "60m"}},
        {"producer": {"resources": {"cpu": "0.05", "memory": "256Mi"}}},
    ],
)
def test_pods_are_left_alone_for_all_else(change: dict[str, Any]) -> None:
    def templates(stream: Stream) -> list[Manifest]:
        return [deployment["spec"]["template"]["spec"] for deployment in producer_deployments(stream, DEFAULTS)]

    assert templates(stream_of(**change)) == templates(stream_of())


def test_another_default_image_is_another_hash() -> None:
    other = Defaults("registry.example/producer:2", DEFAULTS.job_image)
    assert _hash(stream_of(), other) != _hash(stream_of())
