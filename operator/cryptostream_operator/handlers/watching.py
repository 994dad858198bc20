"""Event handlers of all watched kinds, on a registry: nothing but handing news on."""

from collections.abc import Iterator
from typing import Any

import kopf

from cryptostream_operator.controller.controller import Controller
from cryptostream_operator.kinds import CRYPTO_STREAM, WATCHED
from cryptostream_operator.labels import MANAGED_BY, OPERATOR
from cryptostream_operator.observe.cache import Cache

_SELECTOR = f"{MANAGED_BY}={OPERATOR}"
_REQUEST_TIMEOUT = 30
# A belt: watches end and are begun anew now and then, so that a silent one does not last.
_WATCH_FOR = 600


class Backoffs:
    """Pauses in seconds before each further try of Kopf's requests. They have no end: a watch that was given up after
    an outage would never be begun again."""

    def __iter__(self) -> Iterator[float]:
        yield from (1.0, 1.0, 2.0, 3.0)
        while True:
            yield 5.0


def watch(registry: kopf.OperatorRegistry, cache: Cache, controller: Controller) -> None:
    """Register handlers. They write nothing, and so Kopf writes neither annotations nor finalizers."""

    async def seen(event: Any, **_: Any) -> None:
        manifest = event["object"]
        controller.news(cache.remove(manifest) if event["type"] == "DELETED" else cache.put(manifest))

    for kind in (CRYPTO_STREAM, *WATCHED):
        kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)(seen)


def configure(settings: kopf.OperatorSettings, scanning: bool) -> None:
    """Kopf's settings: no events of its own, only objects with our label, short timeouts."""
    settings.posting.enabled = False
    settings.scanning.disabled = not scanning
    settings.networking.request_timeout = _REQUEST_TIMEOUT
    settings.networking.error_backoffs = Backoffs()
    settings.watching.server_timeout = _WATCH_FOR
    settings.persistence.finalizer = "cryptostream.io/kopf"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix="cryptostream.io")
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix="cryptostream.io")
    for kind in WATCHED:
        settings.watching.label_selectors[kind.group, kind.version, kind.plural] = _SELECTOR
