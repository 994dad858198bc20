"""Metadata of children: labels, and the owner reference by which they go with their CryptoStream."""

from cryptostream_operator.api.names import GROUP, KIND, VERSION
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.labels import child_labels


def owned(stream: Stream, name: str, component: str, shard: int | None = None) -> Manifest:
    """Metadata of a child that is deleted with its stream."""
    return {**retained(stream, name, component, shard), "ownerReferences": [owner_reference(stream)]}


def retained(stream: Stream, name: str, component: str, shard: int | None = None) -> Manifest:
    """Metadata of a child that outlives its stream."""
    return {"name": name, "namespace": stream.namespace, "labels": child_labels(stream.name, component, shard)}


def by_deletion_policy(stream: Stream, name: str, component: str) -> Manifest:
    """Metadata of a child that holds data: the deletion policy says whether it outlives its stream."""
    return (owned if stream.spec.deletion_policy == "Delete" else retained)(stream, name, component)


def owner_reference(stream: Stream) -> Manifest:
    """The reference to the stream; a foreground deletion of the stream waits for the child."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "name": stream.name,
        "uid": stream.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
