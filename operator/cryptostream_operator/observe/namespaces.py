"""The labels of namespaces, by which the Spark operator may choose what it looks after."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

_KNOWN_FOR = timedelta(seconds=5)

Labels = Mapping[str, str] | None
"""None when they cannot be known."""


class Namespaces:
    """Remembers labels for a moment, for all streams of a namespace. Safe to use from several threads."""

    def __init__(self, get: Callable[[str], Labels]) -> None:
        self._get = get
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, Labels]] = {}

    def labels(self, namespace: str, now: datetime) -> Labels:
        """The labels of a namespace. Raises RequestError."""
        with self._lock:
            known = self._known.get(namespace)
        if known is not None and now - known[0] < _KNOWN_FOR:
            return known[1]
        found = self._get(namespace)
        with self._lock:
            self._known[namespace] = (now, found)
        return found
