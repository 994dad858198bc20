"""Whether a live object is as its manifest wants it.

Defaults of the API server and of webhooks only add: what is wanted must be contained in what is there. A field that is
wanted no longer would go unseen so; the hash of what was applied, kept in an annotation, tells of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptostream_operator.api.hashing import hash_of
from cryptostream_operator.builders.quantities import canonical
from cryptostream_operator.kinds import Manifest, kind_of
from cryptostream_operator.labels import APPLIED

_MERGE_KEYS = ("uid", "name", "mountPath", "containerPort", "topologyKey")
_QUANTITIES = ("requests", "limits")


def stamped(manifest: Manifest) -> Manifest:
    """The manifest as it is applied: with the hash of itself."""
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), APPLIED: hash_of(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def differences(wanted: Manifest, live: Mapping[str, Any]) -> list[str]:
    """Paths of what differs; ``wanted`` is stamped."""
    return list(_walk(wanted, live, "", kind_of(wanted).atomic_lists))


def _walk(wanted: Any, live: Any, path: str, atomic: bool) -> Iterator[str]:
    # The API server leaves out what is empty.
    if live is None and wanted in ("", [], {}):
        return
    match wanted, live:
        case dict(), dict():
            quantities = path.rpartition(".")[2] in _QUANTITIES
            for key, value in wanted.items():
                there, below = live.get(key), f"{path}.{key}" if path else key
                if quantities and isinstance(there, str):
                    yield from _walk(_quantity(value), _quantity(there), below, atomic)
                else:
                    yield from _walk(value, there, below, atomic)
        case list(), list():
            yield from _walk_list(wanted, live, path, atomic)
        case _:
            if wanted != live or isinstance(wanted, bool) != isinstance(live, bool):
                yield path


def _walk_list(wanted: Sequence[Any], live: Sequence[Any], path: str, atomic: bool) -> Iterator[str]:
    key = None if atomic else _merge_key(wanted)
    # Owner references have keys whatever the kind is.
    if path.endswith("ownerReferences"):
        key = "uid"
    if key is None:
        if len(wanted) != len(live):
            yield path
            return
        for index, (value, there) in enumerate(zip(wanted, live, strict=True)):
            yield from _walk(value, there, f"{path}[{index}]", atomic)
        return
    by_key = {item.get(key): item for item in live if isinstance(item, dict)}
    for item in wanted:
        yield from _walk(item, by_key.get(item[key]), f"{path}[{item[key]}]", atomic)


def _merge_key(items: Sequence[Any]) -> str | None:
    for key in _MERGE_KEYS:
        values = [item.get(key) if isinstance(item, dict) else None for item in items]
        if items and None not in values and len(set(map(str, values))) == len(values):
            return key
    return None


def _quantity(text: Any) -> Any:
    try:
        return canonical(str(text))
    except ValueError:
        return text
