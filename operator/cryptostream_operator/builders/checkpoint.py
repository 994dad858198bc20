"""The claim of the volume that holds Spark's checkpoint."""

from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.metadata import by_deletion_policy
from cryptostream_operator.builders.quantities import canonical

COMPONENT = "checkpoint"


def checkpoint_claim(stream: Stream) -> Manifest | None:
    """The claim, None where the specification names one. It outlives the stream unless the policy says otherwise."""
    checkpoint = stream.spec.job.checkpoint
    if checkpoint.claim_name is not None:
        return None
    spec: Manifest = {
        "accessModes": [checkpoint.access_mode],
        "resources": {"requests": {"storage": canonical(checkpoint.size)}},
    }
    if checkpoint.storage_class is not None:
        spec["storageClassName"] = checkpoint.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": by_deletion_policy(stream, stream.names.checkpoint_claim, COMPONENT),
        "spec": spec,
    }


def claim_name(stream: Stream) -> str:
    """The claim that driver and executors mount."""
    return stream.spec.job.checkpoint.claim_name or stream.names.checkpoint_claim
