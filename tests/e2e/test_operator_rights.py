"""The operator with the rights of a service account, and without some of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kubernetes import Kubectl, fresh_namespace
from harness.operator_account import OperatorAccount
from harness.operator_process import OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

_SCANNING_LACKS = "rights for scanning are missing: works as without it"


@pytest.fixture
def account(cluster: Kubectl, world: StreamWorld) -> Iterator[OperatorAccount]:
    """May look after the test's own namespace."""
    found = OperatorAccount(world.kubectl)
    found.may_look_after(world.kubectl)
    yield found
    found.may_not_scan()


@pytest.fixture
def other(cluster: Kubectl) -> Iterator[StreamWorld]:
    """Another namespace."""
    with fresh_namespace() as name:
        yield StreamWorld(Kubectl(name))


def _is_watched(world: StreamWorld) -> None:
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    world.kubectl("delete", "deployment", "majors-producer-0")
    until(lambda: world.names() == CHILDREN, "the deleted child to be made again", timeout=15)


def _repeated(operator: OperatorProcess) -> list[str]:
    return [str(line["event"]) for line in operator.lines if "Request attempt #2" in str(line["event"])]


@pytest.mark.parametrize("scanning", ["true", "false"])
def test_a_namespace_without_its_role_binding_does_not_keep_the_others_waiting(
    world: StreamWorld, other: StreamWorld, account: OperatorAccount, tmp_path: Path, scanning: str
) -> None:
    second = other.kubectl.namespace
    if scanning == "true":
        account.may_scan()
    operator = OperatorProcess(
        f"{second},{world.kubectl.namespace}",
        {"KUBECONFIG": str(account.kubeconfig(tmp_path / "kubeconfig"))},
        scanning=scanning,
    )
    try:
        operator.start()
        (told,) = operator.logged("may not list a namespace")
        assert told["namespace"] == second
        assert f'cryptostream_operator_namespace_denied{{watched_namespace="{second}"}} 1.0' in operator.page(
            "/metrics"
        )
        other.create()
        world.create()
        _is_watched(world)
        assert other.names() == set()
        account.may_look_after(other.kubectl)
        _is_watched(other)
        assert operator.logged("may list a namespace again")
        assert f'cryptostream_operator_namespace_denied{{watched_namespace="{second}"}} 0.0' in operator.page(
            "/metrics"
        )
        assert len(operator.logged("may not list a namespace")) == 1
        assert _repeated(operator) == []
    finally:
        operator.stop()


def test_scanning_without_its_rights_does_what_is_done_without_scanning(
    world: StreamWorld, account: OperatorAccount, tmp_path: Path
) -> None:
    namespace = world.kubectl.namespace
    environment = {"KUBECONFIG": str(account.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(namespace, environment, scanning="true")
    try:
        operator.start()
        world.create()
        _is_watched(world)
        (told,) = operator.logged(_SCANNING_LACKS)
        assert told["missing"] == [
            f"{verb} {kind}"
            for kind in ("customresourcedefinitions.apiextensions.k8s.io", "namespaces")
            for verb in ("list", "watch")
        ]
        assert "CRYPTOSTREAM_OPERATOR_SCANNING=false" in told["remedy"]
        account.may_scan()
        until(lambda: operator.logged("has the rights for scanning again"), "the rights to be noticed", timeout=15)
        assert "cryptostream_operator_scanning_denied 0.0" in operator.page("/metrics")
        _is_watched(world)
        account.may_not_scan()
        until(lambda: len(operator.logged(_SCANNING_LACKS)) > 1, "their loss to be noticed", timeout=15)
        _is_watched(world)
        assert operator.requests_answered("403") == 0
        assert _repeated(operator) == []
    finally:
        operator.stop()


def test_without_the_right_to_scan_a_stop_is_as_quick_as_ever(
    world: StreamWorld, account: OperatorAccount, tmp_path: Path
) -> None:
    environment = {"KUBECONFIG": str(account.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(world.kubectl.namespace, environment, scanning="true").start()
    assert operator.logged(_SCANNING_LACKS)
    assert operator.stop() < 5
