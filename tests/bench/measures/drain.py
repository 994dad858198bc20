"""A backlog from Kafka into the database: ours and the naive job over the same trades, one after the other."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from bench.backlog import SECOND, Backlog, NaiveTopic, OurTopic, draw_market, ends_of
from bench.naive.job import CREATE_TABLE
from bench.naive.running import NaiveJob
from bench.plan import MARKET_RATE, MASTER, Shape
from bench.reached import PATIENCE, await_commit
from bench.results import Drained, Pipeline
from bench.stored import StoredMeter
from bench.usage import Usage, UsageMeter
from bench.world import AS_USERS_RUN_IT, GEOMETRY, Place, World
from cryptostream_local.process import ChildProcess
from cryptostream_local.topics import create_topics
from cryptostream_sql.migrate import migrate
from harness.job import RunningJob
from harness.sql import run
from harness.verification import verify


class _Ours:
    def __init__(self, place: Place, backlog: Backlog) -> None:
        migrate(place.url)
        self.database_url = place.url
        self._place = place
        self._backlog = backlog
        self.job = RunningJob(
            place.stream, place.bootstrap, place.url, place.folder / "ours", spark_master=MASTER, **AS_USERS_RUN_IT
        )
        self.process = self.job.process

    def started(self) -> float:
        self.job.wait_ready()
        return time.time()

    def drained(self) -> float:
        """When the last trade's pane was committed, UTC seconds."""
        return await_commit(self._place, self.job, self._backlog.last_ids)


class _Naive:
    def __init__(self, place: Place) -> None:
        run(place.naive_url, CREATE_TABLE)
        self.database_url = place.naive_url
        self._place = place
        self.job = NaiveJob(place.bootstrap, place.naive_topic, place.naive_url, place.folder / "naive", MASTER)
        self.process = self.job.process

    def started(self) -> float:
        return self.job.wait_started()

    def drained(self) -> float:
        return self.job.wait_for(ends_of(self._place.bootstrap, self._place.naive_topic), PATIENCE)


def measure_drain(
    world: World, shape: Shape, trades: int, further: int, repeat: int, say: Callable[[str], None]
) -> Iterator[Drained]:
    """One repetition: a result of each pipeline. Raises AssertionError when ours does not verify."""
    place = world.fresh("drain")
    start = (int(time.time() - (trades + further) / MARKET_RATE) - 60) * SECOND
    with ExitStack() as stack:
        create_topics(place.bootstrap, place.stream, shape.partitions)
        ours_topic = OurTopic(place.bootstrap, place.stream, shape.partitions)
        stack.callback(ours_topic.close)
        naive_topic = NaiveTopic(place.bootstrap, place.naive_topic, shape.partitions)
        backlog = Backlog(draw_market(repeat, start, shape.symbols), ours_topic, naive_topic)
        say(f"drain {repeat}: {trades:,} trades of {shape.symbol_count} symbols to {shape.partitions} partitions")
        backlog.extend(trades)
        jobs: dict[Pipeline, _Ours | _Naive] = {"ours": _Ours(place, backlog), "naive": _Naive(place)}
        if repeat % 2 == 0:
            jobs = dict(reversed(jobs.items()))
        cold, stored = {}, {}
        for name, job in jobs.items():
            say(f"drain {repeat}: {name}")
            stack.callback(job.process.kill)
            began = time.time()
            job.process.start()
            with UsageMeter({"job": job.process.pid, **world.pids}) as meter, StoredMeter(job.database_url) as written:
                started = job.started()
                drained = job.drained()
            cold[name] = (started - began, drained - started, meter.usage)
            stored[name] = written.stored
            job.process.send(signal.SIGSTOP)
        backlog.extend(further)
        for name, job in jobs.items():
            say(f"drain {repeat}: {name}, resumed")
            seconds, usage = _resumed(job.process, job.drained, world)
            if isinstance(job, _Ours):
                assert job.job.stop() == 0, job.job.log()
            else:
                job.process.kill()
            start_up, drain, cold_usage = cold[name]
            yield Drained(
                name, repeat, shape, trades, further, start_up, drain, seconds, cold_usage, usage, stored[name]
            )
        say(f"drain {repeat}: verifying")
        verify(place.stream, place.bootstrap, place.url, wait=PATIENCE, **GEOMETRY).passed()


def _resumed(process: ChildProcess, drained: Callable[[], float], world: World) -> tuple[float, Usage]:
    with UsageMeter({"job": process.pid, **world.pids}) as meter:
        began = time.time()
        process.send(signal.SIGCONT)
        seconds = drained() - began
    return seconds, meter.usage
