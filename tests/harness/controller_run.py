"""The controller's own loops, against an API server whose answers a test sets."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from cryptostream_operator.apply.client import Client
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.controller.controller import Controller
from cryptostream_operator.controller.reconciler import Reconciler
from cryptostream_operator.kinds import CRYPTO_STREAM, KAFKA_TOPIC, Kind, Manifest
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.cache import Cache, Key
from cryptostream_operator.observe.discovery import Discovery
from cryptostream_operator.observe.scanning import KINDS_OF_OBJECTS, NAMESPACES, Scanning
from cryptostream_operator.observe.secrets import Secrets
from cryptostream_operator.settings import OperatorSettings

STREAM_NAME = "majors"
EVERYWHERE = "desk"
"""The namespace that has the stream where the whole cluster is listed."""
_SOON = timedelta(milliseconds=10)

Step = Callable[[Controller], bool]


def triple(kind: Kind) -> tuple[str, str, str]:
    """A kind as the API server tells of it."""
    return kind.group, kind.version, kind.kind


class ListedCluster:
    """One stream in each namespace, on an API server whose answers a test sets."""

    def __init__(self) -> None:
        self.known = {triple(CRYPTO_STREAM)}
        self.failures: list[Exception] = []
        self.forbidden: set[tuple[str | None, Kind]] = set()
        self.missing_rights: set[tuple[str, str]] = set()
        """Verbs and plurals that may not be scanned."""
        self.listed: list[Kind] = []
        self.looks: list[Key] = []
        self.new_kinds: list[Kind] = []
        """Kinds for which the operator would be restarted."""
        self.metrics = OperatorMetrics()

    def served(self) -> frozenset[tuple[str, str, str]]:
        """Stands for the client's."""
        if self.failures:
            raise self.failures.pop(0)
        return frozenset(self.known)

    def allowed(self, verb: str, group: str, plural: str) -> bool:
        """Stands for the client's."""
        assert (group, plural) in (KINDS_OF_OBJECTS, NAMESPACES)
        return (verb, plural) not in self.missing_rights

    def list(self, kind: Kind, namespace: str | None, *_: Any) -> tuple[Sequence[Manifest], int]:
        """Stands for the client's."""
        if (namespace, kind) in self.forbidden:
            raise RequestError(403, "Forbidden", f"{kind.plural} is forbidden in {namespace}")
        if kind == KAFKA_TOPIC and self.failures:
            raise self.failures.pop(0)
        self.listed.append(kind)
        metadata = {"namespace": namespace or EVERYWHERE, "name": STREAM_NAME, "uid": "s", "resourceVersion": "1"}
        stream = {"apiVersion": CRYPTO_STREAM.api_version, "kind": CRYPTO_STREAM.kind, "metadata": metadata}
        return ([stream] if kind == CRYPTO_STREAM else []), 1

    def reconcile(self, key: Key) -> None:
        """Stands for the reconciler's."""
        self.looks.append(key)

    def metric(self, name: str, **labels: str) -> float | None:
        """A sample of the operator's metrics."""
        return self.metrics.registry.get_sample_value(f"cryptostream_operator_{name}", labels)


def run_controller(cluster: ListedCluster, *steps: Step, **settings: Any) -> None:
    """Run a controller until one step after the other has come true."""
    intervals = {"discovery_interval": _SOON, "secrets_interval": _SOON}
    chosen = OperatorSettings(**{**intervals, **settings})
    discovery = Discovery(cluster.served)
    nothing = Secrets(lambda _: None, lambda _: None, lambda: 0.0)
    controller = Controller(
        chosen,
        cast(Client, cluster),
        Cache(),
        discovery,
        Scanning(cluster.allowed, (KINDS_OF_OBJECTS, NAMESPACES) if chosen.scanning else ()),
        nothing,
        cast(Reconciler, cluster),
        cluster.metrics,
        threading.Event(),
    )
    controller.on_new_kinds = cluster.new_kinds.extend

    async def run() -> None:
        await controller.start()
        for step in steps:
            while not step(controller):
                await asyncio.sleep(0.005)
        await controller.stop()

    asyncio.run(asyncio.wait_for(run(), 20))
