"""The controller's own loops: none of them ends because something goes wrong once."""

import pytest

from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.controller import controller as module
from cryptostream_operator.controller.controller import Controller
from cryptostream_operator.kinds import CRYPTO_STREAM, KAFKA_TOPIC
from harness.controller_run import EVERYWHERE, STREAM_NAME, ListedCluster, run_controller, triple

KEY = (EVERYWHERE, STREAM_NAME)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANEW", 0.01)
    monkeypatch.setattr(module, "_LISTING_AGAIN", 0.01)


def test_a_loop_goes_on_after_an_error_that_nobody_thought_of() -> None:
    cluster = ListedCluster()

    def comes(_: Controller) -> bool:
        if not cluster.looks:
            return False
        cluster.failures.append(KeyError("what no API server answers"))
        cluster.known.add(triple(KAFKA_TOPIC))
        return True

    run_controller(cluster, comes, lambda _: KAFKA_TOPIC in cluster.listed)
    assert not cluster.failures


def test_a_kind_that_has_come_is_listed_until_it_works_and_then_the_streams_go_on() -> None:
    cluster = ListedCluster()
    seen: list[int] = []

    def comes(_: Controller) -> bool:
        if not cluster.looks:
            return False
        seen.append(len(cluster.looks))
        cluster.known.add(triple(KAFKA_TOPIC))
        cluster.failures += [RequestError(500, "Broken", "an answer"), RequestError(500, "Broken", "a list")]
        return True

    run_controller(cluster, comes, lambda _: len(cluster.looks) > seen[0])
    assert KAFKA_TOPIC in cluster.listed


def test_without_its_own_kind_the_operator_waits_and_says_so() -> None:
    cluster = ListedCluster()
    cluster.known.clear()

    def waits(controller: Controller) -> bool:
        if not cluster.listed:
            return False
        assert controller.not_ready() == "listing what there is"
        cluster.known.add(triple(CRYPTO_STREAM))
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

    run_controller(cluster, waits, goes, says_so)


def test_what_a_watch_finds_gone_after_a_gap_is_looked_for() -> None:
    """Kopf tells of no deletion that came while it was not watching."""
    cluster = ListedCluster()
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

    run_controller(cluster, lists_without_the_stream, lambda _: cluster.listed.count(CRYPTO_STREAM) > seen[0])
