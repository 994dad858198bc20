"""Whether the operator may watch for new kinds and namespaces, as the setting ``scanning`` asks for."""

import threading
from collections.abc import Callable, Sequence

_VERBS = ("list", "watch")
KINDS_OF_OBJECTS = ("apiextensions.k8s.io", "customresourcedefinitions")
NAMESPACES = ("", "namespaces")

Resource = tuple[str, str]
"""Group and plural."""
Allowed = Callable[[str, str, str], bool]
"""(verb, group, plural) -> whether the operator may do so anywhere in the cluster. Raises RequestError."""


class Scanning:
    """The rights as of the last look. Safe to use from several threads."""

    def __init__(self, allowed: Allowed, needed: Sequence[Resource]) -> None:
        """``needed`` is what shall be listed and watched; nothing where nothing shall."""
        self._allowed = allowed
        self._needed = tuple(needed)
        self._lock = threading.Lock()
        self._missing: frozenset[tuple[str, Resource]] | None = None if self._needed else frozenset()
        self._was_whole = bool(self._needed)

    @property
    def missing(self) -> tuple[str, ...]:
        """The missing rights as ``kubectl auth can-i`` takes them."""
        rights = sorted((plural, group, verb) for verb, (group, plural) in self._missing or ())
        return tuple(f"{verb} {f'{plural}.{group}'.rstrip('.')}" for plural, group, verb in rights)

    @property
    def notices_kinds(self) -> bool:
        """Whether new kinds are noticed by a watch. It is trusted at the second look with the rights only: what came
        while it was about to begin has escaped it."""
        return bool(self._needed) and not self._missing and self._was_whole

    def may(self, resource: Resource) -> bool:
        """Whether a resource may be listed and watched."""
        return all(resource != lacking for _, lacking in self._missing or ())

    def refresh(self) -> bool:
        """Look again. Returns whether rights have come or gone. Raises RequestError."""
        found = frozenset(
            (verb, resource) for resource in self._needed for verb in _VERBS if not self._allowed(verb, *resource)
        )
        with self._lock:
            before, self._missing = self._missing, found
            self._was_whole = not before
        return found != (before or frozenset())
