"""A stream from its creation to its deletion."""

from collections.abc import Iterator

import pytest

from harness.kubernetes import Kubectl
from harness.operator_process import OperatorProcess
from harness.stream_world import CHILDREN, KEPT, StreamWorld
from harness.waiting import until


@pytest.fixture
def operator(namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    running = OperatorProcess(namespace, purge_deadline="3s").start()
    yield running
    running.stop()


def test_creating_a_stream_makes_all_its_children_and_says_what_is_missing(
    world: StreamWorld, operator: OperatorProcess
) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    uid = world.get()["metadata"]["uid"]
    for child in world.children():
        owners = child["metadata"].get("ownerReferences", [])
        name = f"{child['kind']}/{child['metadata']['name']}"
        assert [owner["uid"] for owner in owners] == ([] if name in KEPT else [uid]), name
        assert all(owner["controller"] and owner["blockOwnerDeletion"] for owner in owners)
    assert world.wait_for("TopicReady", "NotTakenUp")["status"] == "False"
    assert "spec.kafka.cluster" in world.conditions()["TopicReady"]["message"]
    assert "jobNamespaces" in world.wait_for("JobRunning", "NotWatched")["message"]
    assert world.conditions()["Ready"]["status"] == "False"
    assert world.get()["status"]["producer"]["selector"].startswith("cryptostream.io/stream=majors")


@pytest.mark.usefixtures("third_party_kinds")
def test_a_stream_without_its_secret_says_how_to_make_it_and_heals(kubectl: Kubectl, namespace: str) -> None:
    world = StreamWorld(kubectl)
    operator = OperatorProcess(namespace).start()
    try:
        world.create()
        message = world.wait_for("SinkReady", "SecretMissing")["message"]
        assert f"kubectl -n {namespace} create secret generic cryptostream-database --from-literal=url=..." in message
        kubectl("create", "secret", "generic", "cryptostream-database", "--from-literal=url=postgresql://nowhere/")
        world.wait_for("SinkReady", "WaitingForJob", timeout=30)
    finally:
        operator.stop()


def test_a_suspended_stream_runs_nothing_and_goes_on(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create(suspend=True)
    world.wait_for("Ready", "Suspended")
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    assert world.kubectl.get("deployment", "majors-producer-0")["spec"]["replicas"] == 0
    assert world.kubectl.get("sparkapplication", "majors")["spec"]["suspend"] is True
    assert world.get()["status"]["phase"] == "Suspended"
    world.patch({"suspend": False})
    until(lambda: world.kubectl.get("deployment", "majors-producer-0")["spec"]["replicas"] == 1, "a producer")
    until(lambda: world.kubectl.get("sparkapplication", "majors")["spec"]["suspend"] is False, "the job")


def test_scaling_adds_and_removes_producers(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    world.kubectl("scale", "cryptostream", "majors", "--replicas=3")
    more = CHILDREN | {"Deployment/majors-producer-1", "Deployment/majors-producer-2"}
    until(lambda: world.names() == more, lambda: f"three producers: {world.names() ^ more}")
    until(lambda: world.get()["status"]["producer"]["shards"] == 3, "status.producer.shards")
    assert world.wait_for("Warning", "IdleShards")["status"] == "True"
    world.kubectl("scale", "cryptostream", "majors", "--replicas=1")
    until(lambda: world.names() == CHILDREN, lambda: f"one producer: {world.names() ^ CHILDREN}")


def test_another_restart_nonce_restarts_producers_and_job_and_nothing_else(
    world: StreamWorld, operator: OperatorProcess
) -> None:
    def versions() -> dict[str, str]:
        return {
            f"{c['kind']}/{c['metadata']['name']}": str(c["metadata"].get("annotations", {})) for c in world.children()
        }

    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    before = versions()
    world.patch({"restartNonce": 1})
    wanted = {"Deployment/majors-producer-0", "SparkApplication/majors"}
    until(lambda: {name for name, text in versions().items() if text != before[name]} >= wanted, "a restart")
    assert {name for name, text in versions().items() if text != before[name]} == wanted


def test_a_paused_stream_is_left_alone(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    world.kubectl("annotate", "cryptostream", "majors", "cryptostream.io/paused=true")
    world.wait_for("ReconciliationPaused", "Paused")
    world.kubectl("delete", "deployment", "majors-producer-0")
    until(lambda: "majors-producer-0" in world.conditions()["ProducerAvailable"]["message"], "the loss to be told")
    assert "Deployment/majors-producer-0" not in world.names()
    world.kubectl("annotate", "cryptostream", "majors", "cryptostream.io/paused-")
    until(lambda: world.names() == CHILDREN, "the producer to be made again")
    until(lambda: "ReconciliationPaused" not in world.conditions(), "the condition to go")


def test_deleting_a_stream_keeps_what_holds_data(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    world.kubectl("delete", "cryptostream", "majors")
    until(lambda: world.names() == KEPT, lambda: f"only what holds data: {world.names() ^ KEPT}", timeout=60)
    world.create()
    until(lambda: world.names() == CHILDREN, "a new stream to take over what was kept")


def test_deleting_a_stream_with_its_data_says_when_rows_had_to_be_kept(
    world: StreamWorld, operator: OperatorProcess
) -> None:
    world.create(deletionPolicy="Delete", job={"image": "localhost/absent:none", "imagePullPolicy": "Never"})
    until(lambda: world.names() == CHILDREN, "all children")
    assert world.get()["metadata"]["finalizers"] == ["cryptostream.io/purge"]
    world.kubectl("delete", "cryptostream", "majors", "--wait=false")
    until(lambda: not world.exists("cryptostream", "majors"), lambda: f"the end: {world.get()}", timeout=90)
    notes = [
        event["note"] for event in world.kubectl.list("events.v1.events.k8s.io") if event["reason"] == "PurgeGaveUp"
    ]
    assert len(notes) == 1
    assert "cryptostream purge" in notes[0]
    until(lambda: not world.names(), lambda: f"nothing to be left: {world.names()}", timeout=60)


def test_the_operator_ends_within_seconds(namespace: str, world: StreamWorld) -> None:
    world.create()
    operator = OperatorProcess(namespace).start()
    assert operator.stop() < 10
