"""Which children are to be applied or deleted, and what stands in the way of a part's children."""

from collections.abc import Iterator, Sequence

from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.builders.spark import DRIVER
from cryptostream_operator.conditions import Judgement
from cryptostream_operator.kinds import (
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    JOB,
    KAFKA_USER,
    OPTIONAL,
    POD,
    POD_MONITOR,
    SPARK_APPLICATION,
)
from cryptostream_operator.plan.children import Child
from cryptostream_operator.plan.drift import differences
from cryptostream_operator.plan.inputs import Apply, Delete, Observed
from cryptostream_operator.plan.ownership import belonging, is_controlled, owner_of

# Topics and claims hold data: they only ever go with their stream. The others' names never change.
PRUNED = frozenset({DEPLOYMENT, DISRUPTION_BUDGET, JOB, KAFKA_USER, POD_MONITOR, SPARK_APPLICATION})
"""The kinds of which the operator deletes objects."""


def needed_applies(children: Sequence[Child], stream: Stream, observed: Observed) -> Iterator[Apply]:
    """The children that are absent or not as they should be, and may be touched."""
    for child in children:
        if child.kind not in observed.served or not _is_off(child, observed):
            continue
        refusal, live = observed.refusals.get(child.ref), observed.objects.get(child.ref)
        if refusal is not None and not refusal.is_due:
            continue
        if live is None and child.kind == SPARK_APPLICATION and leaving_driver(observed) is not None:
            continue
        if live is None:
            yield Apply(child.ref, child.manifest)
        elif not live["metadata"].get("deletionTimestamp") and belonging(live, stream) == "ours":
            yield Apply(child.ref, child.manifest, live["metadata"]["uid"])


def needed_deletes(children: Sequence[Child], stream: Stream, observed: Observed) -> Iterator[Delete]:
    """The stream's own objects that are wanted no longer."""
    wanted = {child.ref for child in children}
    for ref, live in observed.objects.items():
        if ref.kind not in PRUNED or ref in wanted or live["metadata"].get("deletionTimestamp"):
            continue
        if is_controlled(live, stream):
            # Not in the foreground: the executors would be taken from the driver that has a batch to end. Whoever needs
            # the pods gone waits for them.
            yield Delete(ref, live["metadata"]["uid"])


def obstacle(part: str, children: Sequence[Child], stream: Stream, observed: Observed) -> Judgement | None:
    """Why a part's children are not there, None when they are."""
    own = [child for child in children if child.part == part]
    for child in own:
        if child.kind in OPTIONAL and child.kind != POD_MONITOR and child.kind not in observed.served:
            message = (
                f"the cluster does not know {child.kind.kind} ({child.kind.api_version}): install {child.kind.provider}"
            )
            return Judgement(part, "False", "KindMissing", message)
    for child in own:
        refusal = observed.refusals.get(child.ref)
        if refusal is not None and _is_off(child, observed):
            return Judgement(part, "False", refusal.reason, refusal.message)
    for child in own:
        live = observed.objects.get(child.ref)
        if live is None:
            continue
        match belonging(live, stream):
            case "foreign":
                return Judgement(part, "False", "NameTaken", name_taken(child, owner_of(live)))
            case "former":
                message = f"{child.ref} of a former stream of this name is being deleted"
                return Judgement(part, "False", "Leaving", message)
    return _to_come(part, own, observed)


def leaving_driver(observed: Observed) -> str | None:
    """A driver that goes with its deleted application, None when there is none: it has the name that the next one is to
    have, and a submission would fail. One that was orphaned stays, and is not waited for."""
    if any(True for _ in observed.of(SPARK_APPLICATION)):
        return None
    for ref, pod in observed.of(POD, DRIVER):
        if pod["metadata"].get("deletionTimestamp") or pod["metadata"].get("ownerReferences"):
            return ref.name
    return None


def name_taken(child: Child, owner: str) -> str:
    """What to do about an object of somebody else."""
    return (
        f"{child.ref} exists and belongs to {owner}; it is left alone: rename or delete it, "
        "or give the CryptoStream another name"
    )


def _to_come(part: str, own: Sequence[Child], observed: Observed) -> Judgement | None:
    driver = leaving_driver(observed) if any(child.kind == SPARK_APPLICATION for child in own) else None
    if driver is not None:
        return Judgement(part, "False", "Replacing", f"waiting for the former driver {driver} to end")
    missing = [child for child in own if child.ref not in observed.objects and child.kind in observed.served]
    if missing:
        return Judgement(part, "False", "Creating", f"making {', '.join(str(child.ref) for child in missing)}")
    return None


def _is_off(child: Child, observed: Observed) -> bool:
    """Whether a child is absent or differs from its manifest. A Job cannot be changed, and need not be: its name tells
    what it does."""
    live = observed.objects.get(child.ref)
    return live is None or (child.kind != JOB and bool(differences(child.manifest, live)))
