"""The children that a stream should have now, part by part."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptostream_operator.api.hashing import hash_of
from cryptostream_operator.builders.access import driver_role, driver_role_binding, service_accounts
from cryptostream_operator.builders.checkpoint import checkpoint_claim
from cryptostream_operator.builders.inputs import Defaults, Stream
from cryptostream_operator.builders.monitors import pod_monitors
from cryptostream_operator.builders.producers import producer_deployments, producer_disruption_budget
from cryptostream_operator.builders.rebuild import rebuild_job
from cryptostream_operator.builders.spark import spark_application
from cryptostream_operator.builders.topics import kafka_topics, topics_job
from cryptostream_operator.builders.users import kafka_users
from cryptostream_operator.conditions import JOB_RUNNING, PRODUCER_AVAILABLE, TOPIC_READY
from cryptostream_operator.kinds import SPARK_APPLICATION, Kind, Manifest, Ref, ref_of
from cryptostream_operator.labels import NAMESPACE_LABELS
from cryptostream_operator.plan.drift import stamped
from cryptostream_operator.plan.inputs import Observed
from cryptostream_operator.plan.upgrade import Upgrade


@dataclass(frozen=True, slots=True)
class Child:
    """A wanted object, and the condition that it belongs to."""

    part: str
    manifest: Manifest

    @property
    def ref(self) -> Ref:
        return ref_of(self.manifest)

    @property
    def kind(self) -> Kind:
        return self.ref.kind


def wanted_children(
    stream: Stream, defaults: Defaults, upgrade: Upgrade, observed: Observed | None = None
) -> list[Child]:
    """Everything that should exist, in the order of creation: what others refer to comes first."""
    children = []
    for part, manifest in _manifests(stream, defaults, upgrade):
        labelled = manifest if observed is None else _with_namespace_labels(manifest, observed)
        children.append(Child(part, stamped(labelled)))
    return children


def _with_namespace_labels(manifest: Manifest, observed: Observed) -> Manifest:
    """The Spark operator may choose namespaces by labels, and passes over the applications of others until they change:
    when their namespace gets its label, they must. Once one is taken up it stays as it is."""
    ref = ref_of(manifest)
    if ref.kind != SPARK_APPLICATION:
        return manifest
    there = (observed.objects.get(ref, {}).get("metadata", {}).get("annotations") or {}).get(NAMESPACE_LABELS)
    noted = there if observed.namespace_labels is None else hash_of(dict(observed.namespace_labels))
    if noted is None:
        return manifest
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), NAMESPACE_LABELS: noted}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def _manifests(stream: Stream, defaults: Defaults, upgrade: Upgrade) -> Iterator[tuple[str, Manifest]]:
    for_producers, for_job = service_accounts(stream)
    yield PRODUCER_AVAILABLE, for_producers
    yield JOB_RUNNING, for_job
    yield JOB_RUNNING, driver_role(stream)
    yield JOB_RUNNING, driver_role_binding(stream)
    topics = [topics_job(stream, defaults)]
    if stream.spec.kafka.mode == "strimzi":
        topics = [*kafka_topics(stream), *kafka_users(stream)]
    yield from ((TOPIC_READY, manifest) for manifest in topics)
    claim = checkpoint_claim(stream)
    if claim is not None:
        yield JOB_RUNNING, claim
    yield PRODUCER_AVAILABLE, producer_disruption_budget(stream)
    yield from ((PRODUCER_AVAILABLE, manifest) for manifest in producer_deployments(stream, defaults))
    if upgrade.wants_rebuild:
        yield JOB_RUNNING, rebuild_job(stream, defaults)
    if upgrade.wants_application:
        yield JOB_RUNNING, spark_application(stream, defaults)
    monitors = zip((PRODUCER_AVAILABLE, JOB_RUNNING), pod_monitors(stream), strict=True)
    yield from monitors
