"""Pods in trouble: within 30 seconds the stream says which, why and what to do, and it heals when that is done."""

import json
import time
from collections.abc import Iterator

import pytest

from harness.images import build_and_load_stand_in
from harness.kubernetes import KubectlError
from harness.operator_process import OperatorProcess
from harness.stream_specs import EXTERNAL_PLAIN
from harness.stream_world import StreamWorld
from harness.waiting import until

_WITHIN = 30.0
_RESOURCES = {"cpu": "10m", "memory": "32Mi"}


@pytest.fixture(scope="module")
def image() -> str:
    return build_and_load_stand_in()


@pytest.fixture
def operator(image: str, namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    """Pages are read through the API server, as the operator's process is not in the cluster."""
    running = OperatorProcess(namespace, producer_image=image, readings="proxy").start()
    yield running
    running.stop()


def _create(world: StreamWorld, websocket: str | None = None, **producer: object) -> None:
    """A stream on a Kafka of somebody else, so that its producers need no Secret."""
    endpoints = {} if websocket is None else {"endpoints": {"websocket": websocket}}
    world.create(kafka=EXTERNAL_PLAIN, producer={"resources": _RESOURCES, **producer}, **endpoints)


def _told(world: StreamWorld, reason: str) -> str:
    """What ProducerAvailable, and so Ready, says."""
    began = time.monotonic()
    message = world.wait_for("ProducerAvailable", reason, timeout=_WITHIN)["message"]
    print(f"\n{reason} after {time.monotonic() - began:.1f} s: {message}")
    ready = world.conditions()["Ready"]
    # Something else may be in the way as well: the first in the order of the parts is told.
    assert ready["status"] == "False"
    return str(message)


def _heals(world: StreamWorld) -> None:
    began = time.monotonic()
    world.wait_for("ProducerAvailable", "ProducersAvailable", timeout=_WITHIN)
    print(f"good after {time.monotonic() - began:.1f} s")


@pytest.mark.usefixtures("operator")
def test_an_image_that_cannot_be_pulled(world: StreamWorld, image: str) -> None:
    _create(world, image="localhost/absent:none", imagePullPolicy="Never")
    message = _told(world, "ImagePullFailed")
    assert "pod majors-producer-0-" in message
    assert "image localhost/absent:none" in message
    assert world.conditions()["TopicReady"]["reason"] == "ImagePullFailed"
    world.patch({"producer": {"image": image}})
    _heals(world)
    world.wait_for("TopicReady", "TopicsReady", timeout=_WITHIN)


@pytest.mark.usefixtures("operator")
def test_a_pod_for_which_no_node_has_room(world: StreamWorld) -> None:
    _create(world, resources={"cpu": "900", "memory": "32Mi"})
    message = _told(world, "Unschedulable")
    assert "finds no node: 0/" in message
    assert "Insufficient cpu" in message
    world.patch({"producer": {"resources": _RESOURCES}})
    _heals(world)


@pytest.mark.usefixtures("operator")
def test_a_container_that_ends_again_and_again(world: StreamWorld) -> None:
    _create(world, websocket="ws://exchange.example/refused")
    message = _told(world, "CrashLooping")
    assert "with exit code 1" in message
    assert message.endswith(": cannot connect to ws://exchange.example/refused: refused")
    world.patch({"endpoints": {"websocket": "ws://exchange.example/ws"}})
    _heals(world)


@pytest.mark.usefixtures("operator")
def test_a_producer_whose_place_another_has_taken(world: StreamWorld) -> None:
    _create(world, websocket="ws://exchange.example/fenced")
    message = _told(world, "Fenced")
    assert "fenced by another producer; delete the pod" in message
    world.patch({"endpoints": {"websocket": "ws://exchange.example/ws"}})
    _heals(world)


@pytest.mark.usefixtures("operator")
def test_pods_that_a_quota_does_not_admit(world: StreamWorld) -> None:
    world.kubectl("create", "quota", "none", "--hard=pods=0")
    _create(world)
    message = _told(world, "PodsRefused")
    assert "Deployment majors-producer-0 has no pod" in message
    assert "exceeded quota: none" in message
    world.kubectl("delete", "quota", "none")
    world.patch({"restartNonce": 1})
    _heals(world)


@pytest.mark.usefixtures("operator")
def test_a_drain_takes_producers_one_after_the_other_and_they_come_back(world: StreamWorld) -> None:
    _create(world, shards=2)
    _heals(world)
    first, second = sorted(pod["metadata"]["name"] for pod in _pods(world))
    _evict(world, first)
    with pytest.raises(KubectlError, match="violate the pod's disruption budget"):
        _evict(world, second)
    until(lambda: first not in {pod["metadata"]["name"] for pod in _pods(world)}, "the pod to go", timeout=60)
    _heals(world)
    until(lambda: _evict(world, second), "the other to be let go")
    until(lambda: second not in {pod["metadata"]["name"] for pod in _pods(world)}, "the other to go", timeout=60)
    _heals(world)
    until(lambda: world.get()["status"]["producer"]["ready"] == 2, "two ready producers")


def _pods(world: StreamWorld) -> list[dict[str, dict[str, str]]]:
    return list(world.kubectl.list("pods", "cryptostream.io/stream=majors,app.kubernetes.io/component=producer"))


def _evict(world: StreamWorld, pod: str) -> bool:
    """What ``kubectl drain`` asks for each pod."""
    path = f"/api/v1/namespaces/{world.kubectl.namespace}/pods/{pod}/eviction"
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    world.kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(body))
    return True
