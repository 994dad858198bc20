"""What goes wrong around a running stream is reported, and passes when its cause does."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.kubernetes import Kubectl, Manifest
from harness.live_stream import LiveStream, Market
from harness.waiting import until

pytestmark = pytest.mark.timeout(400, func_only=True)
SPARK_OPERATOR = Kubectl("spark-operator")
CONTROLLER = "deployment/spark-operator-controller"


@pytest.fixture(scope="module")
def stream(market: Market) -> Iterator[LiveStream]:
    live = market.create("troubled")
    yield live
    live.kubectl("delete", "cryptostream", live.name, "--wait=false")


@contextmanager
def spark_operator_stopped() -> Iterator[None]:
    SPARK_OPERATOR("scale", CONTROLLER, "--replicas=0")
    try:
        selector = "app.kubernetes.io/component=controller"
        SPARK_OPERATOR("wait", "pods", "--for=delete", f"--selector={selector}", "--timeout=60s", timeout=70)
        yield
    finally:
        SPARK_OPERATOR("scale", CONTROLLER, "--replicas=1")
        SPARK_OPERATOR("rollout", "status", CONTROLLER, "--timeout=60s", timeout=70)


def foreign_producer(stream: LiveStream) -> Manifest:
    """A pod that writes the stream's topic as the stream's own producer does, started by somebody else."""
    template = copy.deepcopy(stream.kubectl.get("deployment", f"{stream.name}-producer-0")["spec"]["template"])
    template["spec"].pop("affinity", None)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "foreign"}, "spec": template["spec"]}


def test_a_driver_whose_change_the_spark_operator_missed_is_reported_and_replaced(stream: LiveStream) -> None:
    driver = stream.uids("driver")
    with spark_operator_stopped():
        stream.world.patch({"detectors": {"priceSpike": {"threshold": 7.5}}})
        message = stream.world.wait_for("JobRunning", "Replacing")["message"]
        assert "runs a former specification until the Spark operator replaces it" in message
        assert stream.world.conditions()["Ready"]["status"] == "False"
        status = stream.world.get()["status"]
        assert status["runningHash"] != status["wantedHash"]
        until(lambda: "StaleDriver" in dict(stream.events()), stream.describe, 60, 0.5)
        message = dict(stream.events())["StaleDriver"]
        assert f"SparkApplication {stream.name} is made anew. Check that the Spark operator runs" in message
        # It cannot come back alone: that is said too.
        message = stream.world.wait_for("JobRunning", "NotWatched", timeout=90)["message"]
        assert f"the Spark operator has not looked at SparkApplication {stream.name}" in message
        assert not stream.pods("driver")
    stream.wait_until_ready()
    assert not stream.uids("driver") & driver
    status = stream.world.get()["status"]
    assert status["runningHash"] == status["wantedHash"]
    assert [reason for reason, _ in stream.events()].count("StaleDriver") == 1
    stream.wait_for_windows()
    stream.verify()


def test_a_producer_that_another_one_has_fenced_says_so_until_it_is_replaced(stream: LiveStream) -> None:
    (fenced,) = stream.pods("producer")
    stream.kubectl.apply(foreign_producer(stream))
    try:
        message = stream.world.wait_for("ProducerAvailable", "Fenced", timeout=60)["message"]
        print(message)
        assert fenced["metadata"]["name"] in message
        assert stream.world.conditions()["Ready"]["reason"] == "Fenced"
    finally:
        stream.kubectl("delete", "pod", "foreign", "--timeout=60s", timeout=70)
    stream.kubectl("delete", "pod", fenced["metadata"]["name"], "--timeout=60s", timeout=70)
    until(lambda: stream.world.conditions()["ProducerAvailable"]["status"] == "True", stream.describe, 60, 0.5)
    stream.wait_until_ready()
    stream.wait_for_windows()
    stream.verify()
