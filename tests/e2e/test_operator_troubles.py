"""What stands in a stream's way, without pods: told within 30 seconds with its remedy, and over when it is mended."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from harness.kubernetes import Kubectl
from harness.operator_process import OperatorProcess
from harness.stream_specs import EXTERNAL_SASL
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

_WITHIN = 30.0
_SPARK_OPERATOR = "app.kubernetes.io/name=spark-operator,app.kubernetes.io/component=controller"


@pytest.fixture
def operator(namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    """With the settings that it is installed with."""
    running = OperatorProcess(namespace, not_watched_after="20s", discovery_interval="15s").start()
    yield running
    running.stop()


def _timed(world: StreamWorld, kind: str, reason: str) -> str:
    began = time.monotonic()
    message = world.wait_for(kind, reason, timeout=_WITHIN)["message"]
    print(f"\n{kind} {reason} after {time.monotonic() - began:.1f} s: {message}")
    return str(message)


@pytest.mark.usefixtures("operator")
def test_a_namespace_that_the_spark_operator_does_not_watch(
    cluster: Kubectl, world: StreamWorld, namespace: str
) -> None:
    world.create()
    message = _timed(world, "JobRunning", "NotWatched")
    assert "the Spark operator has not looked at SparkApplication majors" in message
    assert f"spark.jobNamespaces has {namespace}" in message
    if not cluster("get", "deployments", "--all-namespaces", f"--selector={_SPARK_OPERATOR}", "--output=name"):
        pytest.skip("told, but not mended: the cluster has no Spark operator that looks after labelled namespaces")
    cluster("label", "namespace", namespace, "cryptostream.io/spark=watched")
    began = time.monotonic()
    until(lambda: "NotWatched" not in _reasons(world), lambda: f"to be watched: {_reasons(world)}", timeout=_WITHIN)
    print(f"taken up after {time.monotonic() - began:.1f} s: {world.conditions()['JobRunning']}")


@pytest.mark.usefixtures("operator")
def test_a_secret_that_is_missing_and_one_that_lacks_a_key(kubectl: Kubectl, world: StreamWorld) -> None:
    kubectl("delete", "secret", "cryptostream-database")
    world.create(kafka=EXTERNAL_SASL)
    message = _timed(world, "SinkReady", "SecretMissing")
    assert "Secret cryptostream-database, which holds the database's URL, does not exist" in message
    message = _timed(world, "ProducerAvailable", "SecretMissing")
    assert "create secret generic producer-login --from-literal=user=... --from-literal=pass=..." in message
    kubectl("create", "secret", "generic", "producer-login", "--from-literal=user=me")
    until(
        lambda: "Secret producer-login, which holds the producers' login, has no key pass" in _message(world),
        lambda: f"the missing key to be told: {_message(world)}",
        timeout=_WITHIN,
    )
    kubectl("patch", "secret", "producer-login", "--type=merge", '--patch={"stringData": {"pass": "word"}}')
    kubectl("create", "secret", "generic", "authority", "--from-literal=root.pem=none")
    kubectl("create", "secret", "generic", "job-login", "--from-literal=username=me", "--from-literal=password=word")
    kubectl("create", "secret", "generic", "cryptostream-database", "--from-literal=url=postgresql://nowhere/")
    until(lambda: "SecretMissing" not in _reasons(world), lambda: f"all Secrets: {_reasons(world)}", timeout=_WITHIN)
    # Once all is well nothing looks at the stream for minutes: what goes then is told as soon.
    kubectl("delete", "secret", "cryptostream-database", "job-login")
    message = _timed(world, "SinkReady", "SecretMissing")
    assert "Secret cryptostream-database, which holds the database's URL, does not exist" in message
    _timed(world, "JobRunning", "SecretMissing")
    kubectl("patch", "secret", "producer-login", "--type=json", '--patch=[{"op": "remove", "path": "/data/user"}]')
    until(
        lambda: "Secret producer-login, which holds the producers' login, has no key user" in _message(world),
        lambda: f"the lost key to be told: {_message(world)}",
        timeout=_WITHIN,
    )
    kubectl("patch", "secret", "producer-login", "--type=merge", '--patch={"stringData": {"user": "me"}}')
    kubectl("create", "secret", "generic", "job-login", "--from-literal=username=me", "--from-literal=password=word")
    kubectl("create", "secret", "generic", "cryptostream-database", "--from-literal=url=postgresql://nowhere/")
    until(lambda: "SecretMissing" not in _reasons(world), lambda: f"all Secrets: {_reasons(world)}", timeout=_WITHIN)


@pytest.mark.usefixtures("operator")
def test_topics_are_as_strimzi_says(world: StreamWorld) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    _timed(world, "TopicReady", "NotTakenUp")
    for child in world.children():
        if child["kind"] in ("KafkaTopic", "KafkaUser"):
            _strimzi_says(world, child, "True", "")
    _timed(world, "TopicReady", "TopicsReady")
    trades = world.kubectl.get("kafkatopic", "majors-trades")
    _strimzi_says(world, trades, "False", "Decreasing partitions not supported")
    message = _timed(world, "TopicReady", "TopicNotReady")
    assert message == "KafkaTopic majors-trades is not ready, Strimzi says: Decreasing partitions not supported"
    assert world.conditions()["Ready"]["status"] == "False"
    _strimzi_says(world, trades, "True", "")
    _timed(world, "TopicReady", "TopicsReady")


@pytest.mark.usefixtures("operator")
def test_a_field_that_argo_cd_applies_and_one_that_somebody_edits(world: StreamWorld, kubectl: Kubectl) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, "all children")
    ours = _image(kubectl)
    _argo_applies(kubectl, "other/image:1")
    message = _timed(world, "ProducerAvailable", "FieldConflict")
    assert 'Deployment majors-producer-0: argocd applies .spec.template.spec.containers[name="producer"].image' in (
        message
    )
    assert _image(kubectl) == "other/image:1"
    kubectl("patch", "role", "majors-job", "--type=json", '--patch=[{"op": "remove", "path": "/rules/0"}]')
    until(lambda: len(kubectl.get("role", "majors-job")["rules"]) > 1, "the edit to be undone", timeout=_WITHIN)
    assert _image(kubectl) == "other/image:1"
    _argo_applies(kubectl, ours)
    until(lambda: "FieldConflict" not in _reasons(world), "the conflict to be over", timeout=_WITHIN)


@pytest.mark.usefixtures("operator")
def test_a_name_that_another_stream_holds(world: StreamWorld, kubectl: Kubectl) -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {
            "name": "majors-job",
            "labels": {"app.kubernetes.io/managed-by": "cryptostream-operator", "cryptostream.io/stream": "others"},
        },
        "rules": [],
    }
    kubectl.apply(role)
    before = kubectl.get("role", "majors-job")
    world.create()
    message = _timed(world, "JobRunning", "NameTaken")
    assert "Role majors-job exists and belongs to CryptoStream others" in message
    assert "rename or delete it" in message
    assert kubectl.get("role", "majors-job") == before
    kubectl("delete", "role", "majors-job")
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}", timeout=_WITHIN)
    until(lambda: "NameTaken" not in _reasons(world), "the stall to end", timeout=_WITHIN)


def _strimzi_says(world: StreamWorld, live: dict[str, Any], ready: str, message: str) -> None:
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-01-31T12:00:00Z"}
    if message:
        condition |= {"reason": "NotSupported", "message": message}
    status = {"status": {"observedGeneration": live["metadata"]["generation"], "conditions": [condition]}}
    patch = ("--subresource=status", "--type=merge", f"--patch={json.dumps(status)}")
    world.kubectl("patch", live["kind"].lower(), live["metadata"]["name"], *patch)


def _argo_applies(kubectl: Kubectl, image: str) -> None:
    template = {"spec": {"containers": [{"name": "producer", "image": image}]}}
    theirs = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "majors-producer-0"}}
    apply = ("apply", "--server-side", "--field-manager=argocd", "--force-conflicts", "--filename=-")
    kubectl(*apply, stdin=yaml.safe_dump({**theirs, "spec": {"template": template}}))


def _message(world: StreamWorld) -> str:
    return str(world.conditions()["ProducerAvailable"]["message"])


def _reasons(world: StreamWorld) -> set[str]:
    return {condition["reason"] for condition in world.conditions().values()}


def _image(kubectl: Kubectl) -> str:
    pod = kubectl.get("deployment", "majors-producer-0")["spec"]["template"]["spec"]
    return str(pod["containers"][0]["image"])
