"""A stream that the operator looks after, as a user of kubectl meets it."""

import re
from collections.abc import Iterator

import pytest

from harness.images import build_and_load_stand_in
from harness.kubernetes import KubectlError, crypto_stream
from harness.operator_process import OperatorProcess
from harness.stream_specs import EXTERNAL_PLAIN
from harness.stream_world import StreamWorld
from harness.waiting import until

_PRODUCER = {"resources": {"cpu": "10m", "memory": "32Mi"}}


@pytest.fixture
def operator(namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    running = OperatorProcess(namespace, producer_image=build_and_load_stand_in()).start()
    yield running
    running.stop()


@pytest.mark.usefixtures("operator")
def test_a_stream_is_applied_looked_at_waited_for_and_scaled(world: StreamWorld) -> None:
    kubectl = world.kubectl
    manifest = crypto_stream(kafka=EXTERNAL_PLAIN, producer=_PRODUCER)
    assert kubectl.apply(manifest) == "cryptostream.cryptostream.io/majors created\n"
    assert kubectl.apply(manifest) == "cryptostream.cryptostream.io/majors unchanged\n"
    waited = kubectl("wait", "cstream/majors", "--for=condition=ProducerAvailable", "--timeout=60s", timeout=70)
    assert waited == "cryptostream.cryptostream.io/majors condition met\n"
    waited = kubectl("wait", "cstream/majors", "--for=condition=TopicReady", "--timeout=30s")
    assert waited == "cryptostream.cryptostream.io/majors condition met\n"
    world.wait_for("JobRunning", "NotWatched")
    with pytest.raises(KubectlError, match="timed out waiting for the condition"):
        kubectl("wait", "cstream/majors", "--for=condition=Ready", "--timeout=1s")

    assert kubectl("get", "cstream", "--no-headers").split()[:4] == ["majors", "False", "Provisioning", "2"]
    wide = kubectl("get", "cstream", "--output=wide", "--no-headers")
    assert "binance" in wide
    assert "the Spark operator has not looked at SparkApplication majors" in wide
    assert "majors-producer-0" in kubectl("get", "all", "--selector=cryptostream.io/stream=majors")

    assert kubectl("scale", "cstream/majors", "--replicas=2") == "cryptostream.cryptostream.io/majors scaled\n"
    until(lambda: world.get()["status"]["producer"] | {"selector": ""} == _two(), lambda: str(world.get()["status"]))
    scale = kubectl("get", "cstream/majors", "--subresource=scale", "--output=jsonpath={.status.replicas}")
    assert scale == "2"
    selector = world.get()["status"]["producer"]["selector"]
    # A producer that was replaced takes its time to leave.
    listed = ("get", "pods", f"--selector={selector}", "--no-headers")
    until(lambda: len(kubectl(*listed).splitlines()) == 2, lambda: kubectl(*listed), timeout=60, interval=0.5)
    kubectl("delete", "cstream/majors", timeout=90)
    assert not world.exists("cstream", "majors")


@pytest.mark.usefixtures("operator")
def test_describe_shows_each_condition_with_its_remedy_and_what_has_happened(world: StreamWorld) -> None:
    world.kubectl("delete", "secret", "cryptostream-database")
    world.create(kafka=EXTERNAL_PLAIN, producer=_PRODUCER)
    world.wait_for("JobRunning", "NotWatched")
    until(lambda: "SecretMissing" in _events(_described(world)), lambda: f"the events: {_events(_described(world))}")
    shown = _described(world)
    for kind in ("Ready", "Reconciling", "Stalled", "TopicReady", "ProducerAvailable", "JobRunning", "SinkReady"):
        assert re.search(rf"^ +Type: +{kind}$", shown, re.MULTILINE), kind
    assert f"kubectl -n {world.kubectl.namespace} create secret generic cryptostream-database" in shown
    assert "check that it runs and that its spark.jobNamespaces has" in shown
    assert re.search(r"Warning +SecretMissing +\S+ +cryptostream\.io/cryptostream-operator +Secret", _events(shown))
    assert re.search(r"Warning +NotWatched", _events(shown))


def _two() -> dict[str, object]:
    return {"shards": 2, "ready": 2, "selector": ""}


def _events(described: str) -> str:
    return described.partition("\nEvents:")[2]


def _described(world: StreamWorld) -> str:
    return world.kubectl("describe", "cstream", "majors")
