"""Kinds that the cluster lacks: the stream says so within 30 seconds, and goes on when they come."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.api_proxy import ApiProxy
from harness.kubernetes import Kubectl, install_crds, third_party_crds
from harness.operator_process import OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

_WITHIN = 30.0
# As it is installed: every 15 seconds.
_DISCOVERY = "15s"


def _crds(project: str, *plurals: str) -> Sequence[Path]:
    return [file for file in third_party_crds(project) if any(plural in file.read_text() for plural in plurals)]


def _skip_if_used(cluster: Kubectl, kinds: str) -> None:
    """What others have of a kind would be deleted with its CRD. Namespaces of former tests go within a minute."""
    deadline = time.monotonic() + 60
    while cluster("get", kinds, "--all-namespaces", "--output=name"):
        if time.monotonic() > deadline:
            pytest.skip(f"the cluster has {kinds}, which would be deleted with their CRDs")
        time.sleep(1)


@contextmanager
def _without(cluster: Kubectl, files: Sequence[Path], kinds: str) -> Iterator[None]:
    """Take CRDs away, and bring them back."""
    _skip_if_used(cluster, kinds)
    try:
        cluster("delete", "--ignore-not-found", *(word for file in files for word in ("-f", str(file))))
        yield
    finally:
        install_crds(files)


@pytest.fixture
def operator(namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    running = OperatorProcess(namespace, discovery_interval=_DISCOVERY)
    yield running
    if running.is_running:
        running.stop()


def test_a_stream_waits_for_strimzi_and_goes_on_when_it_is_installed(
    cluster: Kubectl, world: StreamWorld, operator: OperatorProcess
) -> None:
    files = _crds("strimzi", "kind: KafkaTopic\n", "kind: KafkaUser\n")
    with _without(cluster, files, "kafkatopics,kafkausers"):
        operator.start()
        world.create()
        message = world.wait_for("TopicReady", "KindMissing", timeout=_WITHIN)["message"]
        assert message == "the cluster does not know KafkaTopic (kafka.strimzi.io/v1): install Strimzi"
        assert world.conditions()["Ready"]["status"] == "False"
        assert world.conditions()["Stalled"]["status"] == "False"
        world.wait_for("JobRunning", "NotWatched")
    _completes(world, "Strimzi's CRDs came")
    world.wait_for("TopicReady", "NotTakenUp", timeout=_WITHIN)
    _is_watched(world, "kafkatopic", "majors-trades")


def test_a_stream_notices_that_strimzi_goes_and_comes_back(
    cluster: Kubectl, world: StreamWorld, operator: OperatorProcess
) -> None:
    files = _crds("strimzi", "kind: KafkaTopic\n", "kind: KafkaUser\n")
    _skip_if_used(cluster, "kafkatopics,kafkausers")
    operator.start()
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    try:
        began = time.monotonic()
        cluster("delete", *(word for file in files for word in ("-f", str(file))))
        world.wait_for("TopicReady", "KindMissing", timeout=_WITHIN)
        print(f"\nthe loss of Strimzi's CRDs is told {time.monotonic() - began:.1f} s after")
    finally:
        install_crds(files)
    _completes(world, "they came back")
    _is_watched(world, "kafkatopic", "majors-trades")


@pytest.fixture
def proxy(cluster: Kubectl) -> Iterator[ApiProxy]:
    """Shows the operator a cluster without a kind that others use: nothing is taken from them."""
    running = ApiProxy()
    yield running
    running.stop()


@contextmanager
def _shown_later(cluster: Kubectl, proxy: ApiProxy, crd: str, version: str) -> Iterator[None]:
    """Within, the operator does not see a kind; afterwards it does, and is told of it as of a new CRD."""
    proxy.hide = (crd.partition(".")[2], version)
    yield
    proxy.hide = None
    # Kubernetes tells watchers of a CRD's creation; this one has long been there.
    for mark in ("cryptostream.io/seen=now", "cryptostream.io/seen-"):
        cluster("annotate", "crd", crd, mark, "--overwrite")


def test_a_stream_waits_for_the_spark_operator_and_goes_on_when_it_is_installed(
    cluster: Kubectl, proxy: ApiProxy, world: StreamWorld, namespace: str, tmp_path: Path
) -> None:
    environment = {"KUBECONFIG": str(proxy.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(namespace, environment, discovery_interval=_DISCOVERY)
    try:
        with _shown_later(cluster, proxy, "sparkapplications.sparkoperator.k8s.io", "v1beta2"):
            operator.start()
            world.create()
            message = world.wait_for("JobRunning", "KindMissing", timeout=_WITHIN)["message"]
        assert message == (
            "the cluster does not know SparkApplication (sparkoperator.k8s.io/v1beta2): install the Spark operator"
        )
        _completes(world, "the Spark operator's kind is known")
        _is_watched(world, "sparkapplication", "majors")
    finally:
        operator.stop()


def test_pod_monitors_are_made_when_the_prometheus_operator_is_installed(
    cluster: Kubectl, proxy: ApiProxy, world: StreamWorld, namespace: str, tmp_path: Path
) -> None:
    environment = {"KUBECONFIG": str(proxy.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(namespace, environment, discovery_interval=_DISCOVERY)
    try:
        with _shown_later(cluster, proxy, "podmonitors.monitoring.coreos.com", "v1"):
            operator.start()
            world.create()
            world.wait_for("JobRunning", "NotWatched", timeout=_WITHIN)
            assert "KindMissing" not in {found["reason"] for found in world.conditions().values()}
            assert {name for name in CHILDREN - world.names() if not name.startswith("PodMonitor")} == set()
        _completes(world, "the Prometheus operator's kind is known")
        _is_watched(world, "podmonitor", "majors-job")
    finally:
        operator.stop()


def test_an_operator_whose_own_kind_goes_stays_says_so_and_goes_on_when_it_is_back(
    cluster: Kubectl, proxy: ApiProxy, world: StreamWorld, namespace: str, tmp_path: Path
) -> None:
    """Kopf would end the process. Whether its watch or its news of CRDs comes first is luck: here the watch."""
    environment = {"KUBECONFIG": str(proxy.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(namespace, environment)
    try:
        operator.start()
        world.create()
        until(lambda: world.names() == CHILDREN, "all children")
        proxy.hide = ("cryptostream.io", "v1alpha1")
        proxy.cut()
        until(lambda: operator.page("/readyz") != "ok\n", "its readiness to tell", timeout=_WITHIN)
        until(lambda: operator.logged("cannot be watched, will be tried again"), "its log to tell", timeout=_WITHIN)
        world.kubectl("delete", "deployment", "majors-producer-0")
        world.patch({"producer": {"shards": 2}})
        assert operator.page("/healthz") == "ok\n"
        assert operator.is_running
        proxy.hide = None
        began = time.monotonic()
        wanted = CHILDREN | {"Deployment/majors-producer-1"}
        until(lambda: world.names() == wanted, lambda: f"both producers: {world.names() ^ wanted}", timeout=_WITHIN)
        print(f"\nall children {time.monotonic() - began:.1f} s after CryptoStreams were known again")
        world.patch({"producer": {"shards": 1}})
        until(lambda: world.names() == CHILDREN, "the watch of streams to be back", timeout=10)
        assert operator.page("/readyz") == "ok\n"
        assert operator.is_running
    finally:
        operator.stop()


def test_without_the_right_to_watch_kinds_the_operator_ends_to_be_started_anew(
    cluster: Kubectl, proxy: ApiProxy, world: StreamWorld, namespace: str, tmp_path: Path
) -> None:
    environment = {"KUBECONFIG": str(proxy.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(namespace, environment, discovery_interval=_DISCOVERY, scanning="false")
    try:
        with _shown_later(cluster, proxy, "podmonitors.monitoring.coreos.com", "v1"):
            operator.start()
            world.create()
            world.wait_for("JobRunning", "NotWatched", timeout=_WITHIN)
        until(lambda: not operator.is_running, "the operator to end", timeout=_WITHIN)
        operator.start()
        _completes(world, "its new start")
    finally:
        operator.stop()


def _completes(world: StreamWorld, since: str) -> None:
    began = time.monotonic()
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}", timeout=_WITHIN)
    print(f"\nall children {time.monotonic() - began:.1f} s after {since}")


def _is_watched(world: StreamWorld, kind: str, name: str) -> None:
    """Only a watch tells of a deletion at once: the resync is minutes away, and so is the next list."""
    world.kubectl("delete", kind, name)
    until(lambda: world.exists(kind, name), f"{kind} {name} to be made again: is it watched?", timeout=10)
