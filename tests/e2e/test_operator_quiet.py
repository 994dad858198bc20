"""How much the operator asks of the API server, and that it rests when there is nothing to do."""

import time
from pathlib import Path

from harness.operator_account import OperatorAccount
from harness.operator_process import WRITES, OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

_MOST_TO_CREATE = 25
_MOST_A_RESYNC = 3


def _settled(world: StreamWorld) -> None:
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    world.wait_for("TopicReady", "NotTakenUp")
    world.wait_for("JobRunning", "NotWatched")


def _quiet(*operators: OperatorProcess, seconds: float) -> int:
    """Writes of the operators in a while: the absence of something can only be waited for."""
    before = sum(operator.requests(WRITES) for operator in operators)
    time.sleep(seconds)
    return sum(operator.requests(WRITES) for operator in operators) - before


def test_a_stream_costs_few_requests_and_none_once_it_is_settled(world: StreamWorld, namespace: str) -> None:
    operator = OperatorProcess(namespace, resync_interval="2s").start()
    try:
        before = operator.requests()
        world.create()
        until(lambda: world.names() == CHILDREN, "all children")
        listed = OperatorProcess.requests(operator, frozenset({"discover"}))
        created = operator.requests() - before - listed
        print(f"\nrequests to create one stream: {created}")
        assert created <= _MOST_TO_CREATE
        _settled(world)
        looks, asked = operator.looks(), operator.requests() - operator.requests(frozenset({"discover"}))
        assert _quiet(operator, seconds=8) == 0
        resyncs = operator.looks() - looks
        spent = operator.requests() - operator.requests(frozenset({"discover"})) - asked
        print(f"requests in {resyncs} looks at a settled stream: {spent}")
        assert resyncs >= 2
        assert spent / resyncs <= _MOST_A_RESYNC
    finally:
        operator.stop()


def test_two_operators_at_once_do_no_harm(world: StreamWorld, namespace: str) -> None:
    both = [OperatorProcess(namespace).start() for _ in range(2)]
    try:
        world.create()
        _settled(world)
        world.patch({"producer": {"shards": 2}, "window": "5m"})
        until(lambda: "Deployment/majors-producer-1" in world.names(), "the second producer")
        until(lambda: _quiet(*both, seconds=3) == 0, "both to come to rest", timeout=60)
        told = [event["reason"] for event in world.kubectl.list("events.v1.events.k8s.io") if _is_ours(event)]
        assert len(told) == len(set(told)), f"told twice: {told}"
    finally:
        for operator in both:
            operator.stop()


def test_the_operator_works_with_no_more_rights_than_it_asks_for(
    world: StreamWorld, namespace: str, tmp_path: Path
) -> None:
    kubectl = world.kubectl
    account = OperatorAccount(kubectl)
    account.may_look_after(kubectl)
    file = account.kubeconfig(tmp_path / "kubeconfig")
    operator = OperatorProcess(namespace, {"KUBECONFIG": str(file)}, scanning="false", purge_deadline="1s").start()
    try:
        world.create(deletionPolicy="Delete", job={"image": "localhost/absent:none", "imagePullPolicy": "Never"})
        _settled(world)
        world.patch({"producer": {"shards": 2}})
        until(lambda: "Deployment/majors-producer-1" in world.names(), "a second producer")
        world.patch({"producer": {"shards": 1}})
        until(lambda: world.names() == CHILDREN, "one producer")
        kubectl("delete", "cryptostream", "majors", "--wait=false")
        until(lambda: not world.exists("cryptostream", "majors"), "the end", timeout=90)
        assert operator.requests_answered("403") == 0
        assert not [line for line in operator.lines if "orbidden" in str(line)]
    finally:
        operator.stop()


def _is_ours(event: dict[str, object]) -> bool:
    return "cryptostream-operator" in str(event.get("reportingController"))
