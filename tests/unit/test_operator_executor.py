"""What becomes of a plan whose stream goes while it is carried out."""

import threading
from typing import Any

import pytest

from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.apply.executor import Executor, Outcome
from cryptostream_operator.kinds import CRYPTO_STREAM, JOB, Manifest, Ref
from cryptostream_operator.labels import PURGE_FINALIZER
from cryptostream_operator.observe.cache import Cache
from cryptostream_operator.plan.decide import decide
from cryptostream_operator.plan.inputs import Delete, Observed, Plan
from harness.model_cluster import POLICY, START

KEY = ("desk", "majors")


class _Client:
    """Answers one request that changes the stream, and deletes whatever it is asked to."""

    def __init__(self, answer: Manifest | RequestError) -> None:
        self._answer = answer

    def apply(self, *_: Any, **__: Any) -> Manifest:
        if isinstance(self._answer, RequestError):
            raise self._answer
        return self._answer

    apply_status = apply

    def delete(self, *_: Any, **__: Any) -> None:
        pass


def _deleted(version: int, finalizers: list[str]) -> Manifest:
    metadata = {
        "namespace": KEY[0],
        "name": KEY[1],
        "uid": "stream-1",
        "generation": 1,
        "resourceVersion": str(version),
        "deletionTimestamp": "2026-01-31T12:00:00Z",
        "finalizers": finalizers,
    }
    spec = {"exchange": "binance", "symbols": ["BTCUSDT"], "deletionPolicy": "Delete"}
    return {"apiVersion": CRYPTO_STREAM.api_version, "kind": "CryptoStream", "metadata": metadata, "spec": spec}


def _execute(answer: Manifest | RequestError, cache: Cache) -> Outcome:
    stream = _deleted(1, [PURGE_FINALIZER])
    cache.put(stream)
    executor = Executor(_Client(answer), cache.put, cache.remove, threading.Event(), "test")  # type: ignore[arg-type]
    gone = Delete(Ref(JOB, KEY[0], "majors-purge-1"), "job-1")
    return executor.execute(stream, None, Plan(None, deletes=(gone,), release=True), START)


@pytest.mark.parametrize(
    "answer", [_deleted(2, []), RequestError(404, "NotFound", "gone"), RequestError(409, "Conflict", "another uid")]
)
def test_a_stream_that_was_let_go_is_not_looked_at_again(answer: Manifest | RequestError) -> None:
    """However late the watch tells of its end: another look would purge the rows of a stream made anew by then."""
    cache = Cache()
    _execute(answer, cache)
    assert cache.stream(KEY) is None


def test_a_stream_that_others_hold_still_has_nothing_left_to_be_done() -> None:
    cache = Cache()
    _execute(_deleted(2, ["foregroundDeletion"]), cache)
    held = cache.stream(KEY)
    assert held is not None
    assert decide(held, Observed(served=frozenset()), POLICY, START).actions == 0
