"""Whether Secrets exist and which keys they have. Their values are dropped at once."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from cryptostream_operator.kinds import SECRET, Manifest, Ref

# Pods say themselves when a Secret that was there is missing when they start.
_PRESENT_FOR = timedelta(minutes=15)
_ABSENT_FOR = timedelta(seconds=9)

Get = Callable[[Ref], Manifest | None]


class Secrets:
    """Remembers what was found for a while. Safe to use from several threads."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[datetime, frozenset[str] | None]] = {}

    def look(
        self, namespace: str, wanted: Iterable[tuple[str, tuple[str, ...]]], now: datetime
    ) -> dict[str, frozenset[str] | None]:
        """Secret -> its keys, None when it does not exist. Raises RequestError."""
        return {name: self._keys(namespace, name, keys, now) for name, keys in wanted}

    def forget(self, namespace: str) -> None:
        """Forget a namespace whose last stream is gone."""
        with self._lock:
            for known in [known for known in self._known if known[0] == namespace]:
                del self._known[known]

    def _keys(self, namespace: str, name: str, keys: tuple[str, ...], now: datetime) -> frozenset[str] | None:
        with self._lock:
            at, found = self._known.get((namespace, name), (None, None))
        if at is not None:
            complete = found is not None and found.issuperset(keys)
            if now - at < (_PRESENT_FOR if complete else _ABSENT_FOR):
                return found
        secret = self._get(Ref(SECRET, namespace, name))
        found = None if secret is None else frozenset(secret.get("data") or {})
        with self._lock:
            self._known[namespace, name] = (now, found)
        return found
