"""The end of the job: the current batch is waited for, and no other one."""

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from pyspark.sql.streaming import StreamingQuery

from cryptostream_job.query import _finish_batch


class Query:
    """A query whose batches follow each other without a pause, each for some looks at the newest progress."""

    isActive = True  # noqa: N815 - Spark's name

    def __init__(self, looks_a_batch: int, is_busy: bool = True) -> None:
        self.looks = 0
        self.status = {"isTriggerActive": is_busy}
        self._looks_a_batch = looks_a_batch
        self._jsq = SimpleNamespace(lastProgress=self._progress)

    def _progress(self) -> Any:
        batch = self.looks // self._looks_a_batch
        self.looks += 1
        return None if batch == 0 else SimpleNamespace(batchId=lambda: batch)


def seconds(query: Query, patience: float) -> float:
    began = time.monotonic()
    _finish_batch(cast(StreamingQuery, query), timedelta(seconds=patience))
    return time.monotonic() - began


def test_a_job_that_is_always_busy_stops_after_the_batch_that_runs() -> None:
    query = Query(looks_a_batch=3)
    assert seconds(query, patience=20) < 5
    assert query.looks == 4


def test_a_job_between_two_batches_stops_at_once() -> None:
    query = Query(looks_a_batch=3, is_busy=False)
    seconds(query, patience=20)
    assert query.looks == 1


def test_a_batch_that_does_not_end_is_left_after_a_while() -> None:
    assert 0.2 <= seconds(Query(looks_a_batch=1_000_000), patience=0.2) < 5
