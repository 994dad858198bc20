"""Conflicts of server-side apply: who else holds a field, and whether to take it back."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

# conflict with "kubectl-edit" using apps/v1 at 2026-01-01T00:00:00Z   <- an update
# conflict with "argocd-controller"                                    <- an applier
_CAUSE = re.compile(r'^conflict with "(?P<manager>[^"]*)"(?P<update>.* using .*)?')


class Conflict(NamedTuple):
    """A field that another manager holds; ``applied`` when that manager applies too, and so will set it again."""

    manager: str
    field: str
    applied: bool


def read_conflicts(causes: Iterable[Mapping[str, Any]]) -> list[Conflict]:
    """The conflicts of an answer 409; none when it has another cause."""
    found = []
    for cause in causes:
        if cause.get("reason") != "FieldManagerConflict":
            continue
        match = _CAUSE.match(str(cause.get("message", "")))
        manager = match["manager"] if match else "unknown"
        found.append(Conflict(manager, str(cause.get("field", "")), match is None or match["update"] is None))
    return found


def is_drift(conflicts: Iterable[Conflict]) -> bool:
    """Whether all of them are edits by hand, which are undone; appliers are not fought."""
    return not any(conflict.applied for conflict in conflicts)


def describe(conflicts: Iterable[Conflict]) -> str:
    """Who holds what."""
    held: dict[str, list[str]] = {}
    for conflict in conflicts:
        if conflict.applied:
            held.setdefault(conflict.manager, []).append(conflict.field)
    return "; ".join(f"{manager} applies {', '.join(fields)}" for manager, fields in held.items())
