"""What the watches have brought: CryptoStreams, and the objects with our label, by stream.

Objects are kept as bytes without what nobody reads: thousands of them fit into few megabytes.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from cryptostream_operator.kinds import CRYPTO_STREAM, Kind, Manifest, Ref, ref_of
from cryptostream_operator.labels import STREAM

Key = tuple[str, str]
"""Namespace and name of a stream."""

_REMEMBERED_DELETIONS = 10_000


class _Stored(NamedTuple):
    version: int
    uid: str
    key: Key
    content: bytes


class Cache:
    """The newest known version of each object. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[Ref, _Stored] = {}
        self._by_stream: dict[Key, set[Ref]] = {}
        self._gone: OrderedDict[str, int] = OrderedDict()

    def put(self, manifest: Mapping[str, Any]) -> Key | None:
        """Keep an object unless a newer version is known. Returns the stream that it belongs to if it is news."""
        ref, stored = ref_of(manifest), _store(manifest)
        with self._lock:
            known = self._objects.get(ref)
            # The answer to the write that let an object go has the version of its deletion, as a found one that only
            # lost its label has that of the loss.
            gone = self._gone.get(stored.uid, 0)
            if stored.version < gone or (stored.version == gone and manifest["metadata"].get("deletionTimestamp")):
                return None
            if known is not None and known.version >= stored.version:
                return None
            if known is not None and known.key != stored.key:
                self._forget(ref, known)
            self._objects[ref] = stored
            self._by_stream.setdefault(stored.key, set()).add(ref)
        return stored.key

    def remove(self, manifest: Mapping[str, Any]) -> Key | None:
        """Forget an object that the watch shows no longer: it is deleted, or has lost our label. Returns the stream
        that it belonged to if it was known."""
        ref, uid = ref_of(manifest), str(manifest["metadata"]["uid"])
        with self._lock:
            # An answer to a request of ours may come in later than the news of the deletion.
            self._gone[uid] = int(manifest["metadata"]["resourceVersion"])
            while len(self._gone) > _REMEMBERED_DELETIONS:
                self._gone.popitem(last=False)
            stored = self._objects.get(ref)
            if stored is None or stored.uid != uid:
                return None
            self._forget(ref, stored)
            return stored.key

    def retain(self, kind: Kind, namespace: str | None, listed: Iterable[Manifest], version: int) -> set[Key]:
        """Take over a list of a kind: what is not in it and not newer is gone. Returns the streams concerned."""
        manifests = list(listed)
        changed = {key for manifest in manifests if (key := self.put(manifest)) is not None}
        there = {ref_of(manifest) for manifest in manifests}
        with self._lock:
            for ref, stored in list(self._objects.items()):
                of_list = ref.kind == kind and namespace in (None, ref.namespace)
                if of_list and ref not in there and stored.version <= version:
                    self._forget(ref, stored)
                    changed.add(stored.key)
        return changed

    def holds_others(self, kind: Kind, namespace: str | None, listed: Collection[tuple[str, str]]) -> bool:
        """Whether there are objects of a kind that a list with these namespaces and names lacks."""
        with self._lock:
            return any(
                ref.kind == kind and namespace in (None, ref.namespace) and (ref.namespace, ref.name) not in listed
                for ref in self._objects
            )

    def drop(self, kind: Kind) -> set[Key]:
        """Forget all objects of a kind that is not served any more. Returns the streams concerned."""
        with self._lock:
            dropped = [(ref, stored) for ref, stored in self._objects.items() if ref.kind == kind]
            for ref, stored in dropped:
                self._forget(ref, stored)
        return {stored.key for _, stored in dropped}

    def stream(self, key: Key) -> Manifest | None:
        """The CryptoStream itself, None when there is none."""
        with self._lock:
            stored = self._objects.get(Ref(CRYPTO_STREAM, *key))
        return None if stored is None else orjson.loads(stored.content)

    def children(self, key: Key) -> dict[Ref, Manifest]:
        """The objects with the stream's label."""
        with self._lock:
            found = [(ref, self._objects[ref]) for ref in self._by_stream.get(key, ())]
        return {ref: orjson.loads(stored.content) for ref, stored in found if ref.kind != CRYPTO_STREAM}

    def streams(self) -> list[Key]:
        """All streams that exist."""
        with self._lock:
            return [stored.key for ref, stored in self._objects.items() if ref.kind == CRYPTO_STREAM]

    def _forget(self, ref: Ref, stored: _Stored) -> None:
        del self._objects[ref]
        refs = self._by_stream[stored.key]
        refs.discard(ref)
        if not refs:
            del self._by_stream[stored.key]


def _store(manifest: Mapping[str, Any]) -> _Stored:
    metadata = manifest["metadata"]
    kept = {key: value for key, value in metadata.items() if key not in ("managedFields", "selfLink")}
    name = metadata["name"]
    if manifest["kind"] != CRYPTO_STREAM.kind:
        name = (metadata.get("labels") or {}).get(STREAM, "")
    content = orjson.dumps({**manifest, "metadata": kept}, default=dict)
    return _Stored(int(metadata["resourceVersion"]), str(metadata["uid"]), (metadata["namespace"], name), content)
