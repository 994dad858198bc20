"""What is the stream's is kept true; what is not is never touched."""

from collections.abc import Iterator

import pytest
import yaml

from harness.kubernetes import Kubectl
from harness.operator_process import OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until


@pytest.fixture
def operator(namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    running = OperatorProcess(namespace).start()
    yield running
    running.stop()


def test_an_edit_by_hand_is_undone(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    world.kubectl("scale", "deployment", "majors-producer-0", "--replicas=3")
    world.kubectl("set", "env", "deployment/majors-producer-0", "CRYPTOSTREAM_SHARD=7")
    world.kubectl("patch", "kafkatopic", "majors-trades", "--type=merge", "--patch", '{"spec": {"partitions": 9}}')
    world.kubectl("label", "serviceaccount", "majors-job", "app.kubernetes.io/part-of=nothing", "--overwrite")

    def is_undone() -> bool:
        spec = world.kubectl.get("deployment", "majors-producer-0")["spec"]
        environment = {entry["name"]: entry.get("value") for entry in spec["template"]["spec"]["containers"][0]["env"]}
        labels = world.kubectl.get("serviceaccount", "majors-job")["metadata"]["labels"]
        return (
            spec["replicas"] == 1
            and environment["CRYPTOSTREAM_SHARD"] == "0"
            and world.kubectl.get("kafkatopic", "majors-trades")["spec"]["partitions"] == 4
            and labels["app.kubernetes.io/part-of"] == "cryptostream"
        )

    until(is_undone, "the edits to be undone")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("deployment", "majors-producer-0"),
        ("kafkatopic", "majors-alerts"),
        ("sparkapplication", "majors"),
        ("role", "majors-job"),
        ("poddisruptionbudget", "majors-producer"),
    ],
)
def test_a_deleted_child_is_made_again(world: StreamWorld, operator: OperatorProcess, kind: str, name: str) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    before = world.kubectl.get(kind, name)["metadata"]["uid"]
    world.kubectl("delete", kind, name)
    until(lambda: world.exists(kind, name) and world.kubectl.get(kind, name)["metadata"]["uid"] != before, "a new one")


def test_a_child_that_lost_its_labels_gets_them_back(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    before = world.kubectl.get("deployment", "majors-producer-0")["metadata"]["uid"]
    world.kubectl(
        "label", "deployment", "majors-producer-0", "app.kubernetes.io/managed-by-", "cryptostream.io/stream-"
    )
    until(lambda: world.names() == CHILDREN, "the labels")
    assert world.kubectl.get("deployment", "majors-producer-0")["metadata"]["uid"] == before


def test_children_orphaned_by_their_former_stream_are_taken_over(world: StreamWorld, operator: OperatorProcess) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    before = {child["metadata"]["uid"] for child in world.children()}
    world.kubectl("delete", "cryptostream", "majors", "--cascade=orphan")
    world.create()
    uid = world.get()["metadata"]["uid"]
    until(
        lambda: uid in str(world.kubectl.get("deployment", "majors-producer-0")["metadata"].get("ownerReferences")),
        "the new stream to own the producer",
    )
    until(lambda: world.names() == CHILDREN, "all children")
    assert {child["metadata"]["uid"] for child in world.children()} == before


def test_an_object_of_somebody_else_is_left_alone_until_it_makes_room(
    world: StreamWorld, operator: OperatorProcess
) -> None:
    theirs = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "majors-producer", "labels": {"app.kubernetes.io/managed-by": "Helm"}},
    }
    world.kubectl.apply(theirs)
    before = world.kubectl.get("serviceaccount", "majors-producer")
    world.create()
    found = world.wait_for("ProducerAvailable", "NameTaken")
    assert "ServiceAccount majors-producer exists and belongs to Helm" in found["message"]
    assert world.conditions()["Stalled"]["status"] == "True"
    assert world.get()["status"]["phase"] == "Failed"
    assert world.kubectl.get("serviceaccount", "majors-producer") == before
    world.kubectl("delete", "serviceaccount", "majors-producer")
    until(lambda: world.names() == CHILDREN, lambda: f"the child: {world.names() ^ CHILDREN}", timeout=40)
    until(lambda: world.conditions()["Stalled"]["status"] == "False", "the stall to end")


def test_another_applier_is_told_of_and_not_fought(
    world: StreamWorld, operator: OperatorProcess, kubectl: Kubectl
) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    theirs = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "majors-producer"},
        "spec": {"maxUnavailable": 2},
    }
    text = yaml.safe_dump(theirs)
    apply = ("apply", "--server-side", "--field-manager=gitops", "--force-conflicts", "-f", "-")
    kubectl(*apply, stdin=text)
    found = world.wait_for("ProducerAvailable", "FieldConflict")
    assert "gitops applies .spec.maxUnavailable" in found["message"]
    assert kubectl.get("poddisruptionbudget", "majors-producer")["spec"]["maxUnavailable"] == 2
    kubectl(*apply, stdin=yaml.safe_dump({**theirs, "spec": {}}))
    until(
        lambda: kubectl.get("poddisruptionbudget", "majors-producer")["spec"].get("maxUnavailable") == 1,
        "the field to be ours again",
        timeout=40,
    )
    until(lambda: world.conditions()["Stalled"]["status"] == "False", "the stall to end")
