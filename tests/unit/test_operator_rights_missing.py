"""Rights that the operator lacks: it does what it may, says what it may not, and goes on by itself."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.controller import controller as module
from cryptostream_operator.controller.controller import Controller
from cryptostream_operator.kinds import CRYPTO_STREAM, DEPLOYMENT, POD, POD_MONITOR
from harness.controller_run import STREAM_NAME, ListedCluster, Step, run_controller, triple

SEEN, GONE = ("seen", STREAM_NAME), ("gone", STREAM_NAME)
BOTH = ("gone", "seen")
WATCH_KINDS = ("watch", "customresourcedefinitions")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LISTING_AGAIN", 0.01)


def _denied(cluster: ListedCluster) -> dict[str, float | None]:
    return {name: cluster.metric("namespace_denied", watched_namespace=name) for name in BOTH}


def _told(lines: list[Any], event: str) -> list[Any]:
    return [line for line in lines if line["event"] == event]


def _later(cluster: ListedCluster, passes: int = 3) -> Step:
    """The cluster has been asked for its kinds so many times since."""
    counted: list[int] = []

    def served() -> frozenset[tuple[str, str, str]]:
        counted.append(1)
        return frozenset(cluster.known)

    def step(controller: Controller) -> bool:
        controller._discovery._ask = served
        return len(counted) > passes

    return step


@pytest.mark.parametrize("kind", [CRYPTO_STREAM, DEPLOYMENT, POD])
def test_a_namespace_that_may_not_be_listed_does_not_keep_the_others_waiting(kind: Any) -> None:
    """No stream of it is looked at before all of it is known: what is not seen would seem to be missing."""
    cluster = ListedCluster()
    cluster.forbidden.add(("gone", kind))

    def goes_on(controller: Controller) -> bool:
        if SEEN not in cluster.looks:
            return False
        assert controller.not_ready() is None
        assert _denied(cluster) == {"gone": 1, "seen": 0}
        return True

    def right_is_back(_: Controller) -> bool:
        assert GONE not in cluster.looks
        cluster.forbidden.clear()
        return True

    with capture_logs() as lines:
        run_controller(
            cluster, goes_on, _later(cluster), right_is_back, lambda _: GONE in cluster.looks, namespaces=BOTH
        )
    assert _denied(cluster) == {"gone": 0, "seen": 0}
    (told,) = _told(lines, "may not list a namespace")
    assert told["namespace"] == "gone"
    assert told["error"] == f"{kind.plural} is forbidden in gone"
    assert "CRYPTOSTREAM_OPERATOR_NAMESPACES" in told["remedy"]
    assert len(_told(lines, "may list a namespace again")) == 1


def test_with_no_namespace_to_see_the_operator_is_not_ready_and_says_why() -> None:
    cluster = ListedCluster()
    cluster.forbidden |= {(name, CRYPTO_STREAM) for name in BOTH}

    def waits(controller: Controller) -> bool:
        if _denied(cluster) != {"gone": 1, "seen": 1}:
            return False
        assert controller.not_ready() == (
            "may list none of its namespaces: gone: cryptostreams is forbidden in gone; "
            "seen: cryptostreams is forbidden in seen"
        )
        cluster.forbidden.discard(("seen", CRYPTO_STREAM))
        return True

    def goes_on(controller: Controller) -> bool:
        return SEEN in cluster.looks and controller.not_ready() is None

    run_controller(cluster, waits, goes_on, namespaces=BOTH)


def test_a_right_that_is_lost_later_is_told_and_holds_up_nothing() -> None:
    cluster = ListedCluster()
    cluster.known.add(triple(DEPLOYMENT))

    def is_lost(_: Controller) -> bool:
        if not {SEEN, GONE} <= set(cluster.looks):
            return False
        cluster.forbidden.add(("gone", POD_MONITOR))
        cluster.known.add(triple(POD_MONITOR))
        cluster.looks.clear()
        return True

    def is_told_and_all_go_on(_: Controller) -> bool:
        return {SEEN, GONE} <= set(cluster.looks) and _denied(cluster) == {"gone": 1, "seen": 0}

    def comes_back(_: Controller) -> bool:
        cluster.forbidden.clear()
        return True

    run_controller(
        cluster,
        is_lost,
        is_told_and_all_go_on,
        comes_back,
        lambda _: _denied(cluster) == {"gone": 0, "seen": 0},
        namespaces=BOTH,
    )


def test_other_errors_than_a_missing_right_are_waited_for_in_all_namespaces() -> None:
    cluster = ListedCluster()
    cluster.failures.append(RequestError(0, "NoAnswer", "no answer of the API server"))
    run_controller(cluster, lambda _: {SEEN, GONE} <= set(cluster.looks), namespaces=BOTH)
    assert _denied(cluster) == {"gone": 0, "seen": 0}


def test_without_the_rights_for_scanning_the_operator_works_as_without_scanning_and_says_so_once() -> None:
    cluster = ListedCluster()
    cluster.missing_rights = {WATCH_KINDS, ("list", "namespaces"), ("watch", "namespaces")}

    def a_kind_comes(controller: Controller) -> bool:
        if SEEN not in cluster.looks:
            return False
        assert controller.not_ready() is None
        assert cluster.metric("scanning_denied") == 1
        cluster.known.add(triple(POD_MONITOR))
        return True

    def restarts(_: Controller) -> bool:
        return cluster.new_kinds == [POD_MONITOR]

    with capture_logs() as lines:
        run_controller(cluster, a_kind_comes, restarts, _later(cluster), namespaces=("seen",))
    (told,) = _told(lines, "rights for scanning are missing: works as without it")
    assert told["missing"] == (
        "watch customresourcedefinitions.apiextensions.k8s.io",
        "list namespaces",
        "watch namespaces",
    )
    assert "CRYPTOSTREAM_OPERATOR_SCANNING=false" in told["remedy"]


def test_with_the_rights_for_scanning_back_kinds_are_left_to_the_watch_again() -> None:
    cluster = ListedCluster()
    cluster.missing_rights = {WATCH_KINDS}

    def right_is_back(_: Controller) -> bool:
        if SEEN not in cluster.looks:
            return False
        cluster.missing_rights.clear()
        return True

    def a_kind_comes(controller: Controller) -> bool:
        if not controller.scanning.notice_kinds:
            return False
        cluster.known.add(triple(POD_MONITOR))
        return True

    with capture_logs() as lines:
        run_controller(
            cluster, right_is_back, a_kind_comes, lambda _: POD_MONITOR in cluster.listed, namespaces=("seen",)
        )
    assert cluster.new_kinds == []
    assert cluster.metric("scanning_denied") == 0
    assert len(_told(lines, "has the rights for scanning again")) == 1


def test_without_scanning_nobody_asks_for_its_rights() -> None:
    cluster = ListedCluster()
    cluster.missing_rights = {WATCH_KINDS}

    def a_kind_comes(_: Controller) -> bool:
        if SEEN not in cluster.looks:
            return False
        cluster.known.add(triple(POD_MONITOR))
        return True

    with capture_logs() as lines:
        run_controller(cluster, a_kind_comes, lambda _: bool(cluster.new_kinds), namespaces=("seen",), scanning=False)
    assert cluster.metric("scanning_denied") == 0
    assert not [line for line in lines if "scanning" in line["event"]]
