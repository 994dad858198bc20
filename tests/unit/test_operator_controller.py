"""The controller's own loops: none of them ends because something goes wrong once."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from cryptostream_operator.apply.client import Client
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.controller import controller as module
from cryptostream_operator.controller.controller import Controller
from cryptostream_operator.controller.reconciler import Reconciler
from cryptostream_operator.kinds import CRYPTO_STREAM, KAFKA_TOPIC, Kind, Manifest
from cryptostream_operator.metrics import OperatorMetrics
from cryptostream_operator.observe.cache import Cache, Key
from cryptostream_operator.observe.discovery import Discovery
from cryptostream_operator.observe.secrets import Secrets
from cryptostream_operator.settings import OperatorSettings

KEY = ("desk", "majors")
SOON = timedelta(milliseconds=10)


def _triple(kind: Kind) -> tuple[str, str, str]:
    return kind.group, kind.version, kind.kind


class _Cluster:
    """One stream on an API server whose answers a test sets."""

    def __init__(self) -> None:
        self.known = {_triple(CRYPTO_STREAM)}
        self.failures: list[Exception] = []
        self.listed: list[Kind] = []
        self.looks: list[Key] = []

    def served(self) -> frozenset[tuple[str, str, str]]:
        if self.failures:
            raise self.failures.pop(0)
        return frozenset(self.known)

    def list(self, kind: Kind, *_: Any) -> tuple[Sequence[Manifest], int]:
        if kind == KAFKA_TOPIC and self.failures:
            raise self.failures.pop(0)
        self.listed.append(kind)
        metadata = {"namespace": KEY[0], "name": KEY[1], "uid": "s", "resourceVersion": "1"}
        stream = {"apiVersion": CRYPTO_STREAM.api_version, "kind": CRYPTO_STREAM.kind, "metadata": metadata}
        return ([stream] if kind == CRYPTO_STREAM else []), 1

    def reconcile(self, key: Key) -> None:
        self.looks.append(key)


def _run(cluster: _Cluster, *steps: Callable[[Controller], bool]) -> None:
    """Run a controller until one step after the other has come true."""
    settings = OperatorSettings(discovery_interval=SOON, secrets_interval=SOON)
    discovery = Discovery(cluster.served)
    nothing = Secrets(lambda _: None, lambda _: None, lambda: 0.0)
    controller = Controller(
        settings,
        cast(Client, cluster),
        Cache(),
        discovery,
        nothing,
        cast(Reconciler, cluster),
        OperatorMetrics(),
        threading.Event(),
    )

    async def run() -> None:
        await controller.start()
        for step in steps:
            while not step(controller):
                await asyncio.sleep(0.005)
        await controller.stop()

    asyncio.run(asyncio.wait_for(run(), 20))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANEW", 0.01)
    monkeypatch.setattr(module, "_LISTING_AGAIN", 0.01)


def test_a_loop_goes_on_after_an_error_that_nobody_thought_of() -> None:
    cluster = _Cluster()

    def comes(_: Controller) -> bool:
        if not cluster.looks:
            return False
        cluster.failures.append(KeyError("what no API server answers"))
        cluster.known.add(_triple(KAFKA_TOPIC))
        return True

    _run(cluster, comes, lambda _: KAFKA_TOPIC in cluster.listed)
    assert not cluster.failures


def test_a_kind_that_has_come_is_listed_until_it_works_and_then_the_streams_go_on() -> None:
    cluster = _Cluster()
    seen: list[int] = []

    def comes(_: Controller) -> bool:
        if not cluster.looks:
            return False
        seen.append(len(cluster.looks))
        cluster.known.add(_triple(KAFKA_TOPIC))
        cluster.failures += [RequestError(500, "Broken", "an answer"), RequestError(500, "Broken", "a list")]
        return True

    _run(cluster, comes, lambda _: len(cluster.looks) > seen[0])
    assert KAFKA_TOPIC in cluster.listed


def test_without_its_own_kind_the_operator_waits_and_says_so() -> None:
    cluster = _Cluster()
    cluster.known.clear()

    def waits(controller: Controller) -> bool:
        if not cluster.listed:
            return False
        assert controller.not_ready() == "listing what there is"
        cluster.known.add(_triple(CRYPTO_STREAM))
        return True

    def goes(controller: Controller) -> bool:
        if not cluster.looks:
            return False
        assert controller.not_ready() is None
        cluster.known.clear()
        return True

    def says_so(controller: Controller) -> bool:
        return controller.not_ready() == (
            "the cluster does not know CryptoStream (cryptostream.io/v1alpha1): install its CRD"
        )

    _run(cluster, waits, goes, says_so)


def test_what_a_watch_finds_gone_after_a_gap_is_looked_for() -> None:
    """Kopf tells of no deletion that came while it was not watching."""
    cluster = _Cluster()
    seen: list[int] = []

    def lists_without_the_stream(controller: Controller) -> bool:
        if not cluster.looks:
            return False
        seen.append(cluster.listed.count(CRYPTO_STREAM))
        resource = (CRYPTO_STREAM.group, CRYPTO_STREAM.version, CRYPTO_STREAM.plural)
        controller.listed_by_watch(resource, None, frozenset({KEY}))
        assert not controller._unlisted, "nothing is asked for what is known"
        controller.listed_by_watch(resource, None, frozenset())
        return True

    _run(cluster, lists_without_the_stream, lambda _: cluster.listed.count(CRYPTO_STREAM) > seen[0])
