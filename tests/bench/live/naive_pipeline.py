"""The naive pipeline behind a live market."""

import json
from contextlib import ExitStack

import numpy as np

from bench.backlog import create_naive_topic, ends_of
from bench.live.delays import covering
from bench.live.pipelines import Delays
from bench.naive.job import CREATE_TABLE
from bench.naive.running import NaiveJob, naive_producer
from bench.plan import MASTER, PARTITIONS, SYMBOLS
from bench.reached import PATIENCE
from bench.results import Pipeline
from bench.world import Place
from harness.kafka import read_topic
from harness.simulator import RunningSimulator
from harness.sql import run
from harness.waiting import until


class NaiveLive:
    """See ``LivePipeline``. It has no alerts, and nothing can tell whether its rows are right."""

    name: Pipeline = "naive"

    def __init__(self, stack: ExitStack, place: Place, market: RunningSimulator) -> None:
        create_naive_topic(place.bootstrap, place.naive_topic, PARTITIONS)
        run(place.naive_url, CREATE_TABLE)
        self.database_url = place.naive_url
        self._place = place
        self._producer = naive_producer(
            market.ws, ",".join(SYMBOLS), place.bootstrap, place.naive_topic, place.folder / "producer"
        )
        stack.callback(self._producer.kill)
        self._producer.start()
        self._job = NaiveJob(place.bootstrap, place.naive_topic, place.naive_url, place.folder / "naive", MASTER)
        stack.callback(self._job.process.kill)
        self._job.process.start()
        until(lambda: len(self._job.batches()) > 1, "the naive job's second batch", PATIENCE, 0.2)

    def parts(self) -> dict[str, int]:
        return {"producer": self._producer.pid, "job": self._job.process.pid}

    def kill_job(self) -> None:
        self._job.process.kill()

    def start_job(self) -> None:
        self._job.process.start()

    def await_rows(self) -> float:
        return self._job.wait_for(ends_of(self._place.bootstrap, self._place.naive_topic), PATIENCE)

    def finish(self) -> None:
        assert self._producer.running(), f"the naive producer has ended:\n{self._producer.tail()}"
        self._producer.stop()
        self.await_rows()

    def delays(self, begin: float, end: float) -> Delays:
        batches = self._job.batches()
        made: dict[int, list[tuple[int, int]]] = {}
        for message in read_topic(self._place.bootstrap, self._place.naive_topic):
            at = json.loads(message.value() or b"")["timestamp"]
            if begin * 1000 <= at < end * 1000:
                made.setdefault(message.partition() or 0, []).append((message.offset() or 0, at))
        written = np.array([batch.written for batch in batches])
        found = [np.empty(0)]
        for partition, trades in made.items():
            offsets, times = np.array(trades, dtype=np.int64).T
            found.append(written[covering(offsets + 1, [batch.ends[partition] for batch in batches])] - times / 1e3)
        return Delays(np.concatenate(found), np.empty(0), 0)
