"""What Kopf may scan to notice kinds and namespaces, and what it is kept from."""

import asyncio
import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from kopf._cogs.clients import errors

from cryptostream_operator.handlers.attempts import is_first
from cryptostream_operator.handlers.outlasting import outlasting
from cryptostream_operator.handlers.permission import asking_before
from cryptostream_operator.observe.scanning import KINDS_OF_OBJECTS, NAMESPACES, Resource, Scanning

CRDS = SimpleNamespace(group="apiextensions.k8s.io", version="v1", plural="customresourcedefinitions")
SPACES = SimpleNamespace(group="", version="v1", plural="namespaces")
PODS = SimpleNamespace(group="", version="v1", plural="pods")
CHUNK = ([{"metadata": {"name": "desk"}}], "7")


class _Rights:
    def __init__(self, *missing: tuple[str, str]) -> None:
        self.missing = set(missing)

    def __call__(self, verb: str, group: str, plural: str) -> bool:
        assert (group, plural) in (KINDS_OF_OBJECTS, NAMESPACES)
        return (verb, plural) not in self.missing


def test_both_verbs_are_needed_and_each_missing_one_is_named() -> None:
    scanning = Scanning(_Rights(("watch", "customresourcedefinitions")), (KINDS_OF_OBJECTS, NAMESPACES))
    assert scanning.refresh()
    assert scanning.missing == ("watch customresourcedefinitions.apiextensions.k8s.io",)
    assert not scanning.may(KINDS_OF_OBJECTS)
    assert scanning.may(NAMESPACES)
    assert not scanning.refresh(), "nothing has changed"


def test_a_watch_that_is_about_to_begin_is_not_trusted_yet() -> None:
    rights = _Rights(("list", "namespaces"))
    scanning = Scanning(rights, (KINDS_OF_OBJECTS, NAMESPACES))
    scanning.refresh()
    assert not scanning.notices_kinds
    rights.missing.clear()
    assert scanning.refresh()
    assert not scanning.notices_kinds
    scanning.refresh()
    assert scanning.notices_kinds


def test_with_all_rights_from_the_start_the_watch_is_trusted_at_once() -> None:
    scanning = Scanning(_Rights(), (KINDS_OF_OBJECTS,))
    assert not scanning.refresh()
    assert scanning.notices_kinds


def test_where_nothing_shall_be_scanned_nothing_is_missing_and_no_kind_is_noticed() -> None:
    scanning = Scanning(_Rights(("watch", "namespaces")), ())
    assert not scanning.refresh()
    assert scanning.missing == ()
    assert not scanning.notices_kinds


async def _fetch(**_: Any) -> AsyncIterator[Any]:
    yield CHUNK


def _fetched(resource: Any, allowed: bool) -> list[Any]:
    async def may(_: Resource) -> bool:
        return allowed

    async def run() -> list[Any]:
        return [chunk async for chunk in asking_before(_fetch, may)(resource=resource, namespace=None)]

    return asyncio.run(run())


@pytest.mark.parametrize("resource", [CRDS, SPACES])
def test_kopf_is_told_at_once_that_it_may_not_scan(resource: Any) -> None:
    with pytest.raises(errors.APIForbiddenError):
        _fetched(resource, allowed=False)
    assert _fetched(resource, allowed=True) == [CHUNK]


def test_nobody_asks_before_other_lists() -> None:
    assert _fetched(PODS, allowed=False) == [CHUNK]


def test_a_watch_that_is_not_allowed_begins_as_soon_as_it_is() -> None:
    answers = [False, False, True]

    async def may(_: Resource) -> bool:
        return answers.pop(0)

    async def events(**arguments: Any) -> AsyncIterator[Any]:
        async for chunk, _ in asking_before(_fetch, may)(**arguments):
            for found in chunk:
                yield {"type": None, "object": found}

    async def run() -> list[Any]:
        watch = outlasting(events, lambda *_: None, pause=0.0)
        return [event["object"] async for event in watch(resource=SPACES, namespace=None)]

    assert asyncio.run(run()) == CHUNK[0]
    assert answers == []


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("Request attempt #1 failed; will retry: GET https://api/version -> APIForbiddenError('no')", True),
        ("Request attempt #1/9 failed; will retry: GET https://api/version -> TimeoutError()", True),
        ("Request attempt #2 failed; will retry: GET https://api/version -> APIForbiddenError('no')", False),
        ("Request attempt #10 failed; will retry: GET https://api/version -> TimeoutError()", False),
        ("Request attempt #9/9 failed; escalating: GET https://api/version -> TimeoutError()", True),
        ("Unresolved resources cannot be served (try creating their CRDs): podmonitors", True),
    ],
)
def test_of_repeated_attempts_the_first_is_told(line: str, is_told: bool) -> None:
    record = logging.LogRecord("kopf", logging.ERROR, __file__, 1, line, None, None)
    assert is_first(record) is is_told
