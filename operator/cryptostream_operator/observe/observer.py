"""Puts together what is known of one stream."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.kinds import POD, SPARK_APPLICATION, Manifest, Ref
from cryptostream_operator.labels import SPEC_HASH
from cryptostream_operator.observe.cache import Cache, Key
from cryptostream_operator.observe.discovery import Discovery
from cryptostream_operator.observe.namespaces import Namespaces
from cryptostream_operator.observe.pages import Pages
from cryptostream_operator.observe.secrets import Secrets
from cryptostream_operator.plan.inputs import Observed, Readings, Refusal
from cryptostream_operator.plan.job import is_taken_up
from cryptostream_operator.plan.secrets import needed_secrets

# After this time a refused child is tried again: others may have made room.
_REFUSED_FOR = timedelta(seconds=20)


class Observer:
    """What the watches, the API server and the parts say. Safe to use from several threads, for different streams."""

    def __init__(
        self, cache: Cache, discovery: Discovery, secrets: Secrets, pages: Pages | None, namespaces: Namespaces
    ) -> None:
        self._cache = cache
        self._discovery = discovery
        self._secrets = secrets
        self._pages = pages
        self._namespaces = namespaces
        self._lock = threading.Lock()
        self._refusals: dict[Key, dict[Ref, tuple[datetime, Refusal]]] = {}
        self._asked: dict[Key, tuple[str, datetime]] = {}

    def observe(self, key: Key, stream: Stream | None, now: datetime) -> Observed:
        """Everything a plan needs. Raises RequestError when a Secret or the namespace cannot be looked up."""
        objects = self._cache.children(key)
        names = () if stream is None else {need.name for need in needed_secrets(stream)}
        pods = [manifest for ref, manifest in objects.items() if ref.kind == POD]
        return Observed(
            served=self._discovery.served,
            objects=objects,
            secrets=self._secrets.look(key, names),
            refusals=self._standing_refusals(key, now),
            readings=Readings() if self._pages is None else self._pages.look(key, pods, now),
            namespace_labels=None if stream is None or is_taken_up(objects) else self._namespaces.labels(key[0], now),
            application_seen_since=self._application_seen_since(key, objects, now),
        )

    def refuse(self, key: Key, refusals: Mapping[Ref, Refusal], applied: Iterable[Ref], now: datetime) -> None:
        """Remember why children could not be applied, and forget it of those that were."""
        with self._lock:
            known = self._refusals.setdefault(key, {})
            for ref in applied:
                known.pop(ref, None)
            known.update({ref: (now, refusal) for ref, refusal in refusals.items()})

    def forget(self, key: Key) -> None:
        """Forget a stream that is gone."""
        with self._lock:
            self._refusals.pop(key, None)
            self._asked.pop(key, None)
        self._secrets.forget(key)
        if self._pages is not None:
            self._pages.forget(key)

    def _standing_refusals(self, key: Key, now: datetime) -> dict[Ref, Refusal]:
        with self._lock:
            known = self._refusals.get(key, {})
            return {ref: replace(refusal, is_due=now - at >= _REFUSED_FOR) for ref, (at, refusal) in known.items()}

    def _application_seen_since(self, key: Key, objects: dict[Ref, Manifest], now: datetime) -> datetime | None:
        application = next((live for ref, live in objects.items() if ref.kind == SPARK_APPLICATION), None)
        with self._lock:
            if application is None:
                self._asked.pop(key, None)
                return None
            labels = application.get("spec", {}).get("driver", {}).get("labels") or {}
            asked = f"{application['metadata']['uid']} {labels.get(SPEC_HASH)}"
            known = self._asked.get(key)
            if known is None or known[0] != asked:
                known = self._asked[key] = (asked, now)
            return known[1]
