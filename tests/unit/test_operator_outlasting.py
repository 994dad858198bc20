"""Watches outlast what they watch."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from kopf._cogs.clients import errors, watching

from cryptostream_operator.handlers.outlasting import Watch, outlasting


def _watch(*rounds: list[Any] | Exception) -> tuple[Watch, list[dict[str, Any]]]:
    """A watch that brings a round's events, or breaks off, and what each was begun with."""
    begun: list[dict[str, Any]] = []

    async def events(**arguments: Any) -> AsyncIterator[Any]:
        found = rounds[len(begun)]
        begun.append(arguments)
        if isinstance(found, Exception):
            raise found
        for event in found:
            yield event

    return events, begun


TOPICS = SimpleNamespace(group="kafka.strimzi.io", version="v1", plural="kafkatopics")
CHANGED = {"type": "MODIFIED", "object": {"metadata": {"name": "trades", "namespace": "desk"}}}


def _nobody(*_: object) -> None:
    """Takes no notice of lists."""


async def _all(watch: Watch) -> list[Any]:
    return [event async for event in watch(resource=TOPICS, namespace="desk")]


@pytest.mark.parametrize("error", [errors.APINotFoundError(status=404, headers={}), watching.WatchingError("broken")])
def test_a_watch_of_a_kind_that_is_gone_is_begun_anew_until_it_is_back(error: Exception) -> None:
    watch, begun = _watch(error, error, [CHANGED])
    assert asyncio.run(_all(outlasting(watch, _nobody, pause=0.0))) == [CHANGED]
    assert begun == [{"resource": TOPICS, "namespace": "desk"}] * 3


def test_other_errors_are_passed_on() -> None:
    watch, _ = _watch(ValueError("an error of Kopf's own"))
    with pytest.raises(ValueError, match="own"):
        asyncio.run(_all(outlasting(watch, _nobody, pause=0.0)))


def test_a_watch_that_waits_can_be_called_off() -> None:
    async def run() -> None:
        watch, begun = _watch(errors.APINotFoundError(status=404, headers={}))
        waiting = asyncio.create_task(_all(outlasting(watch, _nobody, pause=600.0)))
        while not begun:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(asyncio.wait_for(run(), 5))


def test_each_list_that_a_watch_begins_with_is_handed_on() -> None:
    def found(name: str) -> dict[str, Any]:
        return {"type": None, "object": {"metadata": {"name": name, "namespace": "desk"}}}

    lists: list[tuple[object, ...]] = []
    end = watching.Bookmark.LISTED
    watch, _ = _watch([found("trades"), found("alerts"), end, CHANGED, found("alerts"), end])
    asyncio.run(_all(outlasting(watch, lambda *told: lists.append(told))))
    kind = ("kafka.strimzi.io", "v1", "kafkatopics")
    assert lists == [
        (kind, "desk", frozenset({("desk", "trades"), ("desk", "alerts")})),
        (kind, "desk", frozenset({("desk", "alerts")})),
    ]
