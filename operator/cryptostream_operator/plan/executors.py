"""Executors that nobody takes away any more."""

from collections.abc import Iterator

from cryptostream_operator.builders.spark import DRIVER, EXECUTOR
from cryptostream_operator.kinds import POD, Manifest
from cryptostream_operator.plan.inputs import Delete, Observed

_ENDED = frozenset({"Succeeded", "Failed"})


def abandoned_executors(observed: Observed) -> Iterator[Delete]:
    """The executors that have ended and whose driver is gone.

    A driver removes its own. One that was killed cannot, and Kubernetes does not either: the Spark operator makes the
    application their owner beside the driver (kubeflow/spark-operator issue 2961), so they would stay as long as that.
    """
    drivers = {driver["metadata"]["uid"] for _, driver in observed.of(POD, DRIVER)}
    for ref, executor in observed.of(POD, EXECUTOR):
        metadata = executor["metadata"]
        if executor.get("status", {}).get("phase") not in _ENDED or metadata.get("deletionTimestamp"):
            continue
        owner = _driver_uid(executor)
        if owner is not None and owner not in drivers:
            yield Delete(ref, metadata["uid"])


def _driver_uid(executor: Manifest) -> str | None:
    owners = executor["metadata"].get("ownerReferences") or []
    return next((owner["uid"] for owner in owners if owner["kind"] == POD.kind), None)
