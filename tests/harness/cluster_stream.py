"""A stream on a real cluster without the operator: what its builders make, applied as it is."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from cryptostream_operator.builders.access import driver_role, driver_role_binding, service_accounts
from cryptostream_operator.builders.checkpoint import checkpoint_claim
from cryptostream_operator.builders.environment import job_environment
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream
from cryptostream_operator.builders.producers import producer_deployments, producer_disruption_budget
from cryptostream_operator.builders.spark import spark_application
from cryptostream_operator.builders.topics import topics_job
from cryptostream_operator.builders.users import kafka_users
from cryptostream_operator.builders.variables import entries, literal
from harness.cluster_services import Services, finish, one_shot_pod
from harness.images import Images
from harness.kubernetes import Kubectl, KubectlError
from harness.stream_specs import stream_of, without_owner
from harness.waiting import until

WATCHED = "cryptostream.io/spark=watched"
"""The label of namespaces that the Spark operator of the test cluster watches, besides those that it names."""


def watched_namespace() -> str:
    """A namespace that the Spark operator watches. Skips where there is none."""
    watched = next((one.partition("=")[2] for one in _controller()["args"] if one.startswith("--namespaces=")), "")
    return str(watched).split(",")[0] or "default"


def skip_without_label_watching() -> None:
    """Skip unless the Spark operator watches all namespaces, or those with the label that the tests give theirs."""
    everywhere = ("--namespaces=", '--namespaces=""')
    if not any(WATCHED in argument or argument in everywhere for argument in _controller()["args"]):
        pytest.skip(f"needs a Spark operator with spark.jobNamespaceSelector={WATCHED}")


def _controller() -> Manifest:
    """The container of the Spark operator's controller. Skips where there is none."""
    try:
        controllers = Kubectl("spark-operator").list("deployments", "app.kubernetes.io/component=controller")
    except KubectlError:
        controllers = []
    if not controllers:
        pytest.skip("needs the Spark operator in namespace spark-operator")
    container: Manifest = controllers[0]["spec"]["template"]["spec"]["containers"][0]
    return container


@dataclass(frozen=True)
class ClusterStream:
    """A running stream, and how to look at it."""

    stream: Stream
    services: Services
    images: Images
    secret_values: Sequence[str] = field(repr=False)

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.stream.namespace)

    def driver_page(self, page: str) -> str:
        """What the driver serves at ``/metrics`` or ``/readyz``, through the API server. Empty while it does not."""
        pod = f"{self.stream.names.driver_pod}:8090"
        try:
            return Kubectl()("get", "--raw", f"/api/v1/namespaces/{self.stream.namespace}/pods/{pod}/proxy{page}")
        except KubectlError:
            return ""

    def stop_producers(self) -> None:
        """Stop writing, so that the topic has an end; returns when the pods are gone."""
        names = [f"deployment/{self.stream.names.producer_shard(shard)}" for shard in range(self._shards)]
        self.kubectl("scale", "--replicas=0", *names)
        pods = f"cryptostream.io/stream={self.stream.name},app.kubernetes.io/component=producer"
        self.kubectl("wait", "pods", "--for=delete", f"--selector={pods}", "--timeout=60s", timeout=70)

    def run(self, name: str, *command: str, timeout: float = 180) -> str:
        """Run a command of the job image with the job's settings, beside the stream. Fails unless it exits with 0."""
        kubectl, pod = self.kubectl, f"{self.stream.name}-{name}-{uuid.uuid4().hex[:5]}"
        manifest = one_shot_pod(pod, self.images.job, list(command))
        # The stream's own users may not do all that verify does: it comes in by the open door.
        open_door = {"KAFKA_BOOTSTRAP": self.services.kafka, "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}
        variables = {**job_environment(self.stream)}
        variables |= {f"CRYPTOSTREAM_{name}": literal(value) for name, value in open_door.items()}
        manifest["spec"]["containers"][0]["env"] += entries(variables)
        kubectl.apply(manifest)
        try:
            return finish(kubectl, pod, timeout)
        finally:
            kubectl("delete", "pod", pod, "--wait=false")

    @property
    def _shards(self) -> int:
        return self.stream.spec.producer.shards


@contextmanager
def running_stream(services: Services, images: Images, user: int | None = None, **spec: Any) -> Iterator[ClusterStream]:
    """Everything the builders make for a stream, in a namespace of the Spark operator, until all of it is Running.

    ``user`` is another one than the images' for all pods, as a cluster may demand.
    """
    name = f"s{uuid.uuid4().hex[:10]}"
    fields = {**services.stream_spec(name), "sink": {"secretName": f"{name}-database"}, **spec}
    stream = stream_of(watched_namespace(), name, **fields)
    given = [services.database_secret(f"{name}-database"), services.authority_secret(name)]
    logins = services.create_kafka_users(*users_of_given_kafka(stream))
    values = [services.job_password, *(login["stringData"]["password"] for login in logins)]
    children = _children(stream, images)
    made = [*given, *logins, *without_owner(*(children if user is None else as_user(user, children)))]
    kubectl, text = Kubectl(stream.namespace), yaml.safe_dump_all(made)
    kubectl("apply", "--server-side", "-f", "-", stdin=text)
    try:
        running = ClusterStream(stream, services, images, values)
        for child in producer_deployments(stream, _defaults(images)):
            name = f"deployment/{child['metadata']['name']}"
            kubectl("rollout", "status", name, "--timeout=120s", timeout=130)
        until(lambda: running.driver_page("/readyz") == "ok\n", lambda: _state(running), 180, 1)
        yield running
    finally:
        kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=text)


def users_of_given_kafka(stream: Stream) -> list[Manifest]:
    """The stream's Kafka users. The producer's makes the topics too, as it does where Kafka is given."""
    producer, job = kafka_users(stream)
    prefix = stream.names.kafka_topic("trades").removesuffix("trades")
    resource = {"type": "topic", "name": prefix, "patternType": "prefix"}
    create = {"type": "allow", "resource": resource, "operations": ["Create", "Describe"], "host": "*"}
    producer["spec"]["authorization"]["acls"].append(create)
    return [producer, job]


def _children(stream: Stream, images: Images) -> list[Manifest]:
    defaults, claim = _defaults(images), checkpoint_claim(stream)
    return [
        topics_job(stream, defaults),
        *service_accounts(stream),
        driver_role(stream),
        driver_role_binding(stream),
        producer_disruption_budget(stream),
        *producer_deployments(stream, defaults),
        *([] if claim is None else [claim]),
        spark_application(stream, defaults),
    ]


def as_user(user: int, manifest: Any) -> Any:
    """The manifests with that user and group in all security contexts that name one."""
    if isinstance(manifest, list):
        return [as_user(user, one) for one in manifest]
    if not isinstance(manifest, dict):
        return manifest
    changed = {key: as_user(user, value) for key, value in manifest.items()}
    return {**changed, **{key: user for key in ("runAsUser", "runAsGroup") if key in manifest}}


def _defaults(images: Images) -> Defaults:
    return Defaults(images.producer, images.job)


def _state(running: ClusterStream) -> str:
    """Why the job is not ready, as far as one can see."""
    names = running.stream.names
    status = running.kubectl.get("sparkapplication", names.spark_application).get("status", {})
    try:
        log = running.kubectl("logs", names.driver_pod, "--tail=30")
    except KubectlError as error:
        log = str(error)
    return f"a ready job: {json.dumps(status.get('applicationState'))} {running.driver_page('/readyz')}\n{log}"
