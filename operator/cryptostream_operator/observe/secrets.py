"""Whether Secrets exist and which keys they have. Their values are dropped at once.

The operator may read Secrets by name and no more: it cannot watch them. So each that a stream refers to is asked for
again now and then, once for all streams that share it: its metadata, and the rest when its version is another one.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cryptostream_operator.kinds import SECRET, Manifest, Ref
from cryptostream_operator.observe.cache import Key

Get = Callable[[Ref], Manifest | None]
Version = Callable[[Ref], str | None]
"""The version of an object, None when it does not exist. Raises RequestError."""


@dataclass(slots=True)
class _Known:
    at: float
    version: str | None = None
    keys: frozenset[str] | None = None
    streams: set[Key] = field(default_factory=set)


class Secrets:
    """Remembers what was found. Safe to use from several threads; the clock counts seconds."""

    def __init__(self, get: Get, version: Version, clock: Callable[[], float]) -> None:
        self._get = get
        self._version = version
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Ref, _Known] = {}

    def look(self, stream: Key, names: Iterable[str]) -> Mapping[str, frozenset[str] | None]:
        """Secret of the stream's namespace -> its keys, None when it does not exist. Only those that were not known are
        asked for. Raises RequestError."""
        refs = {Ref(SECRET, stream[0], name) for name in names}
        self._forget_all_but(refs, stream)
        return {ref.name: self._keys(stream, ref) for ref in refs}

    def due(self, interval: float) -> list[Ref]:
        """The Secrets that streams refer to and that nobody has asked for in so many seconds."""
        before = self._clock() - interval
        with self._lock:
            return [ref for ref, known in self._known.items() if known.at <= before]

    def refresh(self, ref: Ref) -> set[Key]:
        """Look at a Secret again. Returns the streams that refer to it when it has changed. Raises RequestError."""
        version = self._version(ref)
        with self._lock:
            known = self._known.get(ref)
            if known is None:
                return set()
            known.at = self._clock()
            if known.version == version:
                return set()
        secret = self._get(ref)
        with self._lock:
            known.version, known.keys = _facts(secret)
            return set(known.streams)

    def forget(self, stream: Key) -> None:
        """Forget a stream that is gone, and the Secrets that only it referred to."""
        self._forget_all_but(set(), stream)

    def _forget_all_but(self, refs: set[Ref], stream: Key) -> None:
        with self._lock:
            for ref, known in list(self._known.items()):
                if stream in known.streams and ref not in refs:
                    known.streams.discard(stream)
                    if not known.streams:
                        del self._known[ref]

    def _keys(self, stream: Key, ref: Ref) -> frozenset[str] | None:
        with self._lock:
            known = self._known.get(ref)
            if known is not None:
                known.streams.add(stream)
                return known.keys
        at, secret = self._clock(), self._get(ref)
        with self._lock:
            known = self._known.setdefault(ref, _Known(at))
            known.version, known.keys = _facts(secret)
            known.streams.add(stream)
            return known.keys


def _facts(secret: Manifest | None) -> tuple[str | None, frozenset[str] | None]:
    """Version and keys."""
    if secret is None:
        return None, None
    return str(secret["metadata"]["resourceVersion"]), frozenset(secret.get("data") or {})
