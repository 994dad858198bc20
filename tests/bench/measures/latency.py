"""Latency at a rate that a slow pipeline does not slow down: the simulated exchange keeps its own time."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from bench.alert_watch import AlertWatch
from bench.backlog import create_naive_topic, ends_of
from bench.delays import Floats, caused, covering, quantiles
from bench.naive.job import CREATE_TABLE
from bench.naive.running import NaiveJob, naive_producer
from bench.plan import ALERTING, ALERTING_HISTORY, ALERTING_LENGTHS, MASTER, PARTITIONS, SYMBOLS, Extent
from bench.results import Latency
from bench.usage import UsageMeter
from bench.world import AS_USERS_RUN_IT, Place, World
from cryptostream_local.topics import create_topics
from harness.database import value
from harness.kafka import read_topic
from harness.pipeline import Pipeline
from harness.simulator import RunningSimulator
from harness.sql import run
from harness.trade_latency import Commits, commits_of, live_trades
from harness.waiting import until

_PATIENCE = 300.0
_SETTLED = 3.0
"""Age in seconds of what the database holds, from which a job counts as live."""


def measure_latency(
    world: World, extent: Extent, repeat: int, rate: int, say: Callable[[str], None]
) -> Iterator[Latency]:
    """One repetition at one rate: a result of each pipeline. Raises AssertionError when ours does not verify."""
    measures = [_ours, _naive] if repeat % 2 else [_naive, _ours]
    for measure in measures:
        say(f"latency {repeat}: {measure.__name__.strip('_')} at {rate:,} trades/s")
        yield measure(world.fresh("latency"), extent, repeat, rate)


def _ours(place: Place, extent: Extent, repeat: int, rate: int) -> Latency:
    create_topics(place.bootstrap, place.stream, PARTITIONS)
    with ExitStack() as stack:
        simulator = stack.enter_context(_market(rate, repeat))
        pipeline = stack.enter_context(
            Pipeline(
                simulator,
                place.bootstrap,
                place.url,
                place.stream,
                place.folder,
                ",".join(SYMBOLS),
                shards=1,
                producer={"start_from": ALERTING_HISTORY, "partitions": PARTITIONS},
                job={
                    **AS_USERS_RUN_IT,
                    **ALERTING_LENGTHS,
                    "spark_master": MASTER,
                    "detectors": json.dumps(ALERTING),
                },
            )
        )
        pipeline.start()
        until(lambda: _age(place) < _SETTLED, "the history to be worked off", _PATIENCE, 0.2)
        time.sleep(extent.warm_up)
        watch = AlertWatch(place.bootstrap, place.stream.alerts_topic)
        parts = {
            "simulator": simulator.process.pid,
            "producer": pipeline.producers[0].process.pid,
            "job": pipeline.job.process.pid,
            **place.world.pids,
        }
        begin = time.time()
        with UsageMeter(parts) as meter:
            time.sleep(extent.seconds)
        end = time.time()
        pipeline.stop_producers()
        trades = live_trades(place.bootstrap, place.stream, int(begin * 1e6), int(end * 1e6))
        _await_rows(pipeline, place, trades)
        alerts = watch.stop()
        assert pipeline.job.stop() == 0, pipeline.job.log()
        pipeline.verify(wait=_PATIENCE).passed()
    rows, told = _delays(trades, commits_of(place.url, place.stream), alerts)
    alert = quantiles(told) if len(told) else None
    return Latency("ours", repeat, rate, quantiles(rows), alert, len(alerts), meter.usage)


def _naive(place: Place, extent: Extent, repeat: int, rate: int) -> Latency:
    create_naive_topic(place.bootstrap, place.naive_topic)
    run(place.naive_url, CREATE_TABLE)
    with ExitStack() as stack:
        simulator = stack.enter_context(_market(rate, repeat))
        producer = naive_producer(
            simulator.ws, ",".join(SYMBOLS), place.bootstrap, place.naive_topic, place.folder / "producer"
        )
        stack.callback(producer.kill)
        producer.start()
        job = NaiveJob(place.bootstrap, place.naive_topic, place.naive_url, place.folder / "naive", MASTER)
        stack.callback(job.process.kill)
        job.process.start()
        until(lambda: len(job.batches()) > 1, "the naive job's second batch", _PATIENCE, 0.2)
        time.sleep(extent.warm_up)
        parts = {
            "simulator": simulator.process.pid,
            "producer": producer.pid,
            "job": job.process.pid,
            **place.world.pids,
        }
        begin = time.time()
        with UsageMeter(parts) as meter:
            time.sleep(extent.seconds)
        end = time.time()
        assert producer.running(), f"the naive producer has ended:\n{producer.tail()}"
        producer.stop()
        job.wait_for(ends_of(place.bootstrap, place.naive_topic), _PATIENCE)
        batches = job.batches()
        delays = []
        made: dict[int, list[tuple[int, int]]] = {}
        for message in read_topic(place.bootstrap, place.naive_topic):
            at = json.loads(message.value() or b"")["timestamp"]
            if begin * 1000 <= at < end * 1000:
                made.setdefault(message.partition() or 0, []).append((message.offset() or 0, at))
        written = np.array([batch.written for batch in batches])
        for partition, trades in made.items():
            offsets, times = np.array(trades, dtype=np.int64).T
            delays.append(written[covering(offsets + 1, [batch.ends[partition] for batch in batches])] - times / 1e3)
    return Latency("naive", repeat, rate, quantiles(np.concatenate(delays)), None, 0, meter.usage)


def _market(rate: int, seed: int) -> RunningSimulator:
    return RunningSimulator(
        symbols=",".join(f"{symbol}:{rate / len(SYMBOLS):g}" for symbol in SYMBOLS),
        seed=seed,
        burstiness=0,
        history=ALERTING_HISTORY,
        # A history at these rates is more than an exchange would give within a minute.
        weight_limit=1_000_000,
    )


def _age(place: Place) -> float:
    """Seconds since the least clock that the database holds."""
    clock = value(
        place.url, "SELECT extract(epoch FROM min(clock)) FROM crypto_symbols HAVING count(*) = %s", len(SYMBOLS)
    )
    return float("inf") if clock is None else time.time() - float(clock)


def _await_rows(pipeline: Pipeline, place: Place, trades: Mapping[str, Sequence[Mapping[str, int]]]) -> None:
    for symbol, records in trades.items():
        last = records[-1]["id"]
        until(
            lambda symbol=symbol, last=last: (
                pipeline.job.alive()
                and (value(place.url, "SELECT last_id FROM crypto_symbols WHERE symbol = %s", symbol) or 0) >= last
            ),
            lambda symbol=symbol: f"the last trade of {symbol}",
            _PATIENCE,
        )


def _delays(
    trades: Mapping[str, Sequence[Mapping[str, int]]], commits: Commits, alerts: Sequence[tuple[str, float]]
) -> tuple[Floats, Floats]:
    """From each trade to its row; and to the alerts of its batch, where that told any of its symbol."""
    to_row, to_alert = [np.empty(0)], [np.empty(0)]
    for symbol, records in trades.items():
        moved = [(at.timestamp(), covered[symbol]) for at, covered in commits if covered.get(symbol) is not None]
        committed = np.array([at for at, _ in moved])
        ids = np.array([record["id"] for record in records], dtype=np.int64)
        times = np.array([record["time"] for record in records]) / 1e6
        batch = covering(ids, [last or 0 for _, last in moved])
        to_row.append(committed[batch] - times)
        seen = np.array([at for name, at in alerts if name == symbol])
        told = caused(batch, committed, seen)
        part = np.isin(batch, list(told))
        to_alert.append(np.array([told[number] for number in batch[part].tolist()]) - times[part])
    return np.concatenate(to_row), np.concatenate(to_alert)
