"""The end of a stream whose deletion policy is Delete: stop everything, delete the stored rows, let go.

Topics and claim carry owner references then, and go with the stream; so does everything else. With policy Retain there
is no finalizer, and nothing to do here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptostream_operator.api.status import CryptoStreamStatus
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.builders.producers import COMPONENT as PRODUCER
from cryptostream_operator.builders.purge import purge_job
from cryptostream_operator.builders.spark import DRIVER, EXECUTOR
from cryptostream_operator.conditions import READY, RECONCILING, Judgement, merge, timestamp
from cryptostream_operator.events import Event
from cryptostream_operator.kinds import DEPLOYMENT, JOB, POD, SPARK_APPLICATION, Manifest, Ref, ref_of
from cryptostream_operator.plan.inputs import Apply, Delete, Observed, Plan, Policy
from cryptostream_operator.plan.troubles import Trouble, pod_trouble, refused_pods
from cryptostream_operator.plan.upgrade import succeeded

PURGE = "purge"
_KEPT_SECONDS = 30
_NAMED = 5
_LOOK_AGAIN = timedelta(seconds=10)
_NEVER_STARTED = frozenset({"ImagePullFailed", "Unschedulable", "ContainerConfigError", "PodsRefused"})


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deleted stream that our finalizer holds."""

    stream: Stream
    generation: int
    since: datetime
    former: CryptoStreamStatus


def plan_deletion(deletion: Deletion, observed: Observed, policy: Policy, now: datetime) -> Plan:
    """The next step towards letting the stream go."""
    stream = deletion.stream
    if stream.spec.deletion_policy != "Delete":
        return Plan(None, release=True, phase="Deleting")
    stops = tuple(_stops(observed))
    job = purge_manifest(stream, policy)
    ref = ref_of(job)
    live = observed.objects.get(ref)
    if live is not None and succeeded(live):
        # The Job stays for a while, and goes by itself: were it deleted first, a look before the news of the stream's
        # end would make it again, to delete the rows of a stream that may by then be made anew.
        return Plan(None, deletes=stops, release=True, phase="Deleting")
    if _running(observed):
        return _going_on(deletion, stops, (), "Deleting", f"waiting for {_running(observed)} to end", now)
    obstacle = _obstacle(observed, ref, live)
    if obstacle is not None and now - deletion.since >= policy.purge_deadline:
        told = Event(
            "Warning",
            "PurgeGaveUp",
            f"the stored rows of {stream.namespace}/{stream.name} are kept, since {ref} cannot run: "
            f"{obstacle.message}; run `cryptostream purge` by hand",
            timestamp(deletion.since),
        )
        gone = () if live is None else (Delete(ref, live["metadata"]["uid"]),)
        return Plan(None, deletes=gone, release=True, events=(told,), phase="Deleting")
    refusal = observed.refusals.get(ref)
    applies = (Apply(ref, job),) if live is None and (refusal is None or refusal.is_due) else ()
    message = f"{ref} deletes the stored rows" if obstacle is None else f"{ref} cannot run: {obstacle.message}"
    return _going_on(deletion, stops, applies, "Purging", message, now)


def purge_manifest(stream: Stream, policy: Policy) -> Manifest:
    """The Job. A stream that is deleted in the foreground takes its children first: this one must not be one of them,
    nor need another's service account."""
    manifest = purge_job(stream, policy.defaults)
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    pod = manifest["spec"]["template"]["spec"]
    pod = {key: value for key, value in pod.items() if key != "serviceAccountName"}
    template = {**manifest["spec"]["template"], "spec": pod}
    spec = {**manifest["spec"], "ttlSecondsAfterFinished": _KEPT_SECONDS, "template": template}
    return {**manifest, "metadata": metadata, "spec": spec}


def _going_on(
    deletion: Deletion,
    deletes: tuple[Delete, ...],
    applies: tuple[Apply, ...],
    reason: str,
    message: str,
    now: datetime,
) -> Plan:
    judged = [
        Judgement(READY, "False", reason, message),
        Judgement(RECONCILING, "True", "Deleting", message),
    ]
    others = [condition for condition in deletion.former.conditions if condition.type not in (READY, RECONCILING)]
    conditions = (*merge(deletion.former.conditions, judged, deletion.generation, now), *others)
    status = deletion.former.model_copy(
        update={"phase": "Deleting", "conditions": conditions, "observed_generation": deletion.generation}
    )
    return Plan(
        status if status != deletion.former else None,
        applies=applies,
        deletes=deletes,
        requeue_after=_LOOK_AGAIN,
        phase="Deleting",
    )


def _stops(observed: Observed) -> Iterator[Delete]:
    for kind in (DEPLOYMENT, SPARK_APPLICATION, JOB):
        for ref, live in observed.of(kind):
            if kind == JOB and ref.name in {name.name for name, _ in observed.of(JOB, PURGE)}:
                continue
            if not live["metadata"].get("deletionTimestamp"):
                # In the foreground the executors would be taken from a driver that has a batch to end.
                yield Delete(ref, live["metadata"]["uid"], foreground=kind != SPARK_APPLICATION)


def _running(observed: Observed) -> str:
    """What still writes or may be started again, "" when nothing does."""
    pods = [pod for component in (PRODUCER, DRIVER, EXECUTOR) for pod in observed.of(POD, component)]
    left = sorted(str(ref) for ref, _ in [*observed.of(DEPLOYMENT), *observed.of(SPARK_APPLICATION), *pods])
    return ", ".join([*left[:_NAMED], *([f"{len(left) - _NAMED} more"] if len(left) > _NAMED else [])])


def _obstacle(observed: Observed, ref: Ref, live: Manifest | None) -> Trouble | None:
    """Why the Job has never begun; a database that is away is waited for."""
    refusal = observed.refusals.get(ref)
    if refusal is not None and live is None:
        return Trouble("PodsRefused", refusal.message)
    pods = [pod for _, pod in observed.of(POD, PURGE)]
    trouble = pod_trouble(pods)
    if trouble is not None:
        return trouble if trouble.reason in _NEVER_STARTED else None
    if live is not None and not pods:
        refused = refused_pods(live.get("status", {}).get("conditions"))
        return Trouble("PodsRefused", refused or "it has no pod: see kubectl describe job")
    return None
