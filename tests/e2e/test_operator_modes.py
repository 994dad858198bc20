"""One operator for some namespaces, or for the whole cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.api_proxy import ApiProxy
from harness.kubernetes import Kubectl, fresh_namespace
from harness.operator_process import OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until


@pytest.fixture
def neighbours(cluster: Kubectl) -> Iterator[list[StreamWorld]]:
    """Two more namespaces."""
    with fresh_namespace() as first, fresh_namespace() as second:
        yield [StreamWorld(Kubectl(first)), StreamWorld(Kubectl(second))]


def _is_complete_and_watched(world: StreamWorld) -> None:
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    world.kubectl("delete", "deployment", "majors-producer-0")
    until(lambda: world.names() == CHILDREN, "the deleted child to be made again")
    world.patch({"producer": {"shards": 2}})
    until(lambda: "Deployment/majors-producer-1" in world.names(), "another producer")


def test_an_operator_of_two_namespaces_leaves_a_third_alone(
    world: StreamWorld, neighbours: list[StreamWorld], namespace: str
) -> None:
    second, foreign = neighbours
    operator = OperatorProcess(f"{namespace},{second.kubectl.namespace}").start()
    try:
        for each in (world, second, foreign):
            each.create()
        _is_complete_and_watched(world)
        _is_complete_and_watched(second)
        assert foreign.names() == set()
        assert foreign.conditions()["Ready"]["reason"] == "Pending"
        assert operator.requests_answered("403") == 0
    finally:
        operator.stop()


def test_an_operator_of_the_whole_cluster(world: StreamWorld, namespace: str, tmp_path: Path) -> None:
    """Of a cluster that has, as far as it can see, only the test's namespace: it would take over others' streams."""
    proxy = ApiProxy()
    proxy.only = namespace
    operator = OperatorProcess(None, {"KUBECONFIG": str(proxy.kubeconfig(tmp_path / "kubeconfig"))}).start()
    try:
        world.create()
        _is_complete_and_watched(world)
    finally:
        operator.stop()
        proxy.stop()
