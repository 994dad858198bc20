"""The operator is killed at its writes, one after the other: whoever goes on makes the stream whole."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptostream_operator.kinds import CHILDREN as KINDS
from cryptostream_operator.kinds import JOB
from harness.api_proxy import Answer, ApiProxy
from harness.operator_process import OperatorProcess
from harness.stream_specs import EXTERNAL_PLAIN
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def proxy(cluster: object) -> Iterator[ApiProxy]:
    running = ApiProxy()
    yield running
    running.stop()


class Killer:
    """Ends the operator with SIGKILL at the first write of each object that there has not been a kill at: before the
    API server sees it, or when it has been carried out and the operator does not know yet."""

    def __init__(self, proxy: ApiProxy, operator: OperatorProcess, plurals: set[str]) -> None:
        self._operator = operator
        self._plurals = plurals
        self._lock = threading.Lock()
        self._proxy = proxy
        self.killed: list[str] = []

    def strike_before(self) -> None:
        def harm(method: str, path: str) -> Answer | None:
            return Answer(503) if self._strike(method, path) else None

        with self._proxy.harming(harm):
            self._until_it_lives()

    def strike_after(self) -> None:
        self._proxy.witness = self._strike
        self._until_it_lives()

    def _until_it_lives(self) -> None:
        """Start the operator until it comes to rest."""
        while True:
            struck = len(self.killed)
            self._operator.launch()
            until(
                lambda before=struck: len(self.killed) > before or self._rests(),
                lambda: f"a kill or rest: {self.killed} {self._operator.lines[-3:]}",
                timeout=60,
                interval=0.2,
            )
            if len(self.killed) == struck:
                return

    def _rests(self) -> bool:
        return bool(self._operator.looks()) and not self._operator.moves_within(3.0)

    def _strike(self, method: str, path: str) -> bool:
        parts = path.partition("?")[0].split("/namespaces/")[-1].split("/")
        with self._lock:
            written = "/".join(parts[1:])
            if method != "PATCH" or parts[1] not in self._plurals or written in self.killed:
                return False
            self._operator.kill()
            self.killed.append(written)
            return True


def _killer(proxy: ApiProxy, namespace: str, folder: Path, plurals: set[str]) -> tuple[Killer, OperatorProcess]:
    operator = OperatorProcess(namespace, {"KUBECONFIG": str(proxy.kubeconfig(folder / "kubeconfig"))})
    return Killer(proxy, operator, plurals), operator


def _has_told_everything_once(world: StreamWorld) -> None:
    told = [
        event["reason"]
        for event in world.kubectl.list("events.v1.events.k8s.io")
        if "cryptostream-operator" in str(event.get("reportingController"))
    ]
    assert len(told) == len(set(told)), told


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_operator_killed_at_the_first_write_of_every_object_in_turn(
    world: StreamWorld, proxy: ApiProxy, namespace: str, tmp_path: Path, moment: str
) -> None:
    world.create(deletionPolicy="Delete")
    killer, operator = _killer(proxy, namespace, tmp_path, {kind.plural for kind in KINDS} | {"cryptostreams"})
    try:
        killer.strike_before() if moment == "before" else killer.strike_after()
        print(f"\nkilled {moment} {len(killer.killed)} writes: {' '.join(killer.killed)}")
        assert {killed.split("/")[0] for killed in killer.killed} == {kind.plural for kind in KINDS if kind != JOB} | {
            "cryptostreams"
        }
        assert len(killer.killed) == len(CHILDREN) + len(("the finalizer", "the status"))
        assert world.names() == CHILDREN
        world.wait_for("JobRunning", "NotWatched")
        assert operator.is_running
        assert not operator.moves_within(3.0)
        _has_told_everything_once(world)
    finally:
        operator.kill()
        # Nobody is left who would let the stream go.
        world.kubectl("patch", "cryptostream", world.name, "--type=merge", '--patch={"metadata": {"finalizers": null}}')


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_operator_killed_at_the_job_that_makes_the_topics_of_a_given_kafka(
    world: StreamWorld, proxy: ApiProxy, namespace: str, tmp_path: Path, moment: str
) -> None:
    world.create(kafka=EXTERNAL_PLAIN)
    killer, operator = _killer(proxy, namespace, tmp_path, {JOB.plural})
    try:
        killer.strike_before() if moment == "before" else killer.strike_after()
        assert len(killer.killed) == 1
        assert len([name for name in world.names() if name.startswith("Job/")]) == 1
        assert operator.is_running
    finally:
        operator.kill()
