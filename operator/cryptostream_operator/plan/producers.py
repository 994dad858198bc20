"""ProducerAvailable: a ready producer of every shard."""

from collections.abc import Sequence

from cryptostream_model.streams import partition_of, shard_of
from cryptostream_operator.api.status import ProducerStatus
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.builders.producers import COMPONENT
from cryptostream_operator.conditions import PRODUCER_AVAILABLE, WARNING, Judgement
from cryptostream_operator.kinds import DEPLOYMENT, POD, Manifest
from cryptostream_operator.labels import SPEC_HASH, pod_selector
from cryptostream_operator.plan.actions import obstacle
from cryptostream_operator.plan.children import Child
from cryptostream_operator.plan.inputs import Observed
from cryptostream_operator.plan.secrets import missing_secret
from cryptostream_operator.plan.troubles import Trouble, pod_trouble, refused_pods


def judge_producers(stream: Stream, children: Sequence[Child], observed: Observed) -> Judgement:
    """Whether every shard is served, and why not."""
    found = obstacle(PRODUCER_AVAILABLE, children, stream, observed)
    if found is not None:
        return found
    if stream.spec.suspend:
        return Judgement(PRODUCER_AVAILABLE, "False", "Suspended", "spec.suspend is true: no producer runs")
    pairs = [(child, observed.objects[child.ref]) for child in children if child.kind == DEPLOYMENT]
    trouble = _trouble(stream, pairs, observed)
    if trouble is not None:
        return Judgement(PRODUCER_AVAILABLE, "False", trouble.reason, trouble.message)
    return _judge_shards(pairs)


def _trouble(stream: Stream, pairs: Sequence[tuple[Child, Manifest]], observed: Observed) -> Trouble | None:
    missing = missing_secret(stream, observed, PRODUCER_AVAILABLE)
    if missing is not None:
        return Trouble("SecretMissing", missing)
    for child, live in pairs:
        refused = refused_pods(live.get("status", {}).get("conditions"))
        if refused is not None:
            return Trouble("PodsRefused", f"{child.ref} has no pod: {refused}")
    pods = [pod for _, pod in observed.of(POD, COMPONENT)]
    return pod_trouble(pods) or _own_words(observed, pods)


def _judge_shards(pairs: Sequence[tuple[Child, Manifest]]) -> Judgement:
    available = sum(_is_available(live) for _, live in pairs)
    if available < len(pairs):
        waiting = [child.ref.name for child, live in pairs if not _is_available(live)]
        message = f"{available} of {len(pairs)} shards have a ready producer; waiting for {', '.join(waiting)}"
        return Judgement(PRODUCER_AVAILABLE, "False", "Starting", message)
    rolling = [child.ref.name for child, live in pairs if not _is_settled(child.manifest, live)]
    if rolling:
        return Judgement(PRODUCER_AVAILABLE, "True", "RollingOut", f"being replaced: {', '.join(rolling)}")
    message = f"{available} of {len(pairs)} shards have a ready producer"
    return Judgement(PRODUCER_AVAILABLE, "True", "ProducersAvailable", message)


def producer_status(stream: Stream, observed: Observed) -> ProducerStatus:
    """The numbers of producers, and how the scale subresource finds their pods."""
    live = [manifest for _, manifest in observed.of(DEPLOYMENT, COMPONENT)]
    labels = pod_selector(stream.name, COMPONENT)
    return ProducerStatus(
        shards=len(live),
        ready=sum(_is_available(manifest) for manifest in live),
        selector=",".join(f"{key}={value}" for key, value in labels.items()),
    )


def warn_of_idle_shards(stream: Stream) -> Judgement | None:
    """A warning when shards have no symbol: partitions belong to shards, and symbols to partitions, for ever."""
    spec = stream.spec
    used = {shard_of(partition_of(symbol, spec.topic.partitions), spec.producer.shards) for symbol in spec.symbols}
    idle = [str(shard) for shard in range(spec.producer.shards) if shard not in used]
    if not idle:
        return None
    message = (
        f"no symbol belongs to shard {', '.join(idle)}: {len(used)} of {spec.producer.shards} producers have work; "
        "lower spec.producer.shards"
    )
    return Judgement(WARNING, "True", "IdleShards", message)


def _own_words(observed: Observed, pods: Sequence[Manifest]) -> Trouble | None:
    """What a producer says of itself, of those that are there to stay."""
    leaving = {pod["metadata"]["name"] for pod in pods if pod["metadata"].get("deletionTimestamp")}
    names = {pod["metadata"]["name"] for pod in pods} - leaving
    for pod, said in sorted(observed.readings.not_ready.items()):
        if pod in names and "fenced" in said:
            message = f"pod {pod}: {said}; delete the pod if no other producer of this stream is meant to run"
            return Trouble("Fenced", message)
    for pod, said in sorted(observed.readings.not_ready.items()):
        if pod in names and said:
            return Trouble("NotReady", f"pod {pod}: {said}")
    return None


def _is_available(live: Manifest) -> bool:
    return int(live.get("status", {}).get("availableReplicas") or 0) > 0


def _is_settled(wanted: Manifest, live: Manifest) -> bool:
    status, replicas = live.get("status", {}), live.get("spec", {}).get("replicas", 1)
    template = live.get("spec", {}).get("template", {}).get("metadata", {}).get("labels") or {}
    return bool(
        template.get(SPEC_HASH) == wanted["spec"]["template"]["metadata"]["labels"][SPEC_HASH]
        and status.get("observedGeneration") == live["metadata"].get("generation")
        and int(status.get("updatedReplicas") or 0) == replicas
        and int(status.get("replicas") or 0) == replicas
    )
