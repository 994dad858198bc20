"""A backlog from Kafka into the database: ours and the naive job over the same trades, one after the other."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from bench.backlog import SECOND, Backlog, NaiveTopic, OurTopic, draw_market, ends_of
from bench.naive.job import CREATE_TABLE
from bench.naive.running import NaiveJob
from bench.plan import MARKET_RATE, MASTER, PARTITIONS, Extent
from bench.results import Drained, Pipeline
from bench.usage import Usage, UsageMeter
from bench.world import AS_USERS_RUN_IT, GEOMETRY, Place, World
from cryptostream_local.process import ChildProcess
from cryptostream_local.topics import create_topics
from cryptostream_sql.migrate import migrate
from harness.database import rows
from harness.job import RunningJob
from harness.sql import run
from harness.trade_latency import commits_of
from harness.verification import verify
from harness.waiting import until

_PATIENCE = 900.0


class _Ours:
    def __init__(self, place: Place, backlog: Backlog) -> None:
        create_topics(place.bootstrap, place.stream, PARTITIONS)
        migrate(place.url)
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
        wanted = self._backlog.last_ids
        place = self._place

        def covered() -> bool:
            self.job.alive()
            found = rows(place.url, "SELECT symbol, last_id FROM crypto_symbols WHERE stream = %s", str(place.stream))
            reached = {row["symbol"]: row["last_id"] or 0 for row in found}
            return all(reached.get(symbol, 0) >= last for symbol, last in wanted.items())

        until(covered, lambda: f"the job to reach {wanted}:\n{self.job.log(20)}", _PATIENCE, 0.2)
        commits = commits_of(place.url, place.stream)
        return max(
            next(at.timestamp() for at, positions in commits if (positions.get(symbol) or 0) >= last)
            for symbol, last in wanted.items()
        )


class _Naive:
    def __init__(self, place: Place) -> None:
        run(place.naive_url, CREATE_TABLE)
        self._place = place
        self.job = NaiveJob(place.bootstrap, place.naive_topic, place.naive_url, place.folder / "naive", MASTER)
        self.process = self.job.process

    def started(self) -> float:
        return self.job.wait_started()

    def drained(self) -> float:
        return self.job.wait_for(ends_of(self._place.bootstrap, self._place.naive_topic), _PATIENCE)


def measure_drain(world: World, extent: Extent, repeat: int, say: Callable[[str], None]) -> Iterator[Drained]:
    """One repetition: a result of each pipeline. Raises AssertionError when ours does not verify."""
    place = world.fresh("drain")
    start = (int(time.time() - (extent.backlog + extent.further) / MARKET_RATE) - 60) * SECOND
    with ExitStack() as stack:
        create_topics(place.bootstrap, place.stream, PARTITIONS)
        ours_topic = OurTopic(place.bootstrap, place.stream)
        stack.callback(ours_topic.close)
        backlog = Backlog(draw_market(repeat, start), ours_topic, NaiveTopic(place.bootstrap, place.naive_topic))
        say(f"drain {repeat}: writing {extent.backlog:,} trades to both topics")
        backlog.extend(extent.backlog)
        jobs: dict[Pipeline, _Ours | _Naive] = {"ours": _Ours(place, backlog), "naive": _Naive(place)}
        if repeat % 2 == 0:
            jobs = dict(reversed(jobs.items()))
        cold = {}
        for name, job in jobs.items():
            say(f"drain {repeat}: {name}")
            stack.callback(job.process.kill)
            began = time.time()
            job.process.start()
            with UsageMeter({"job": job.process.pid, **world.pids}) as meter:
                started = job.started()
                drained = job.drained()
            cold[name] = (started - began, drained - started, meter.usage)
            job.process.send(signal.SIGSTOP)
        say(f"drain {repeat}: writing {extent.further:,} trades more")
        backlog.extend(extent.further)
        for name, job in jobs.items():
            say(f"drain {repeat}: {name}, resumed")
            seconds, usage = _resumed(job.process, job.drained, world)
            if isinstance(job, _Ours):
                assert job.job.stop() == 0, job.job.log()
            else:
                job.process.kill()
            yield Drained(name, repeat, extent.backlog, extent.further, *cold[name][:2], seconds, cold[name][2], usage)
        say(f"drain {repeat}: verifying")
        verify(place.stream, place.bootstrap, place.url, wait=_PATIENCE, **GEOMETRY).passed()


def _resumed(process: ChildProcess, drained: Callable[[], float], world: World) -> tuple[float, Usage]:
    with UsageMeter({"job": process.pid, **world.pids}) as meter:
        began = time.time()
        process.send(signal.SIGCONT)
        seconds = drained() - began
    return seconds, meter.usage
