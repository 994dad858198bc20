"""Latency per trade through the whole pipeline, with the phases of the micro-batch and the processor time of each part.

PYTHONPATH=tests taskset -c 0,1 python tests/bench/latency.py --seconds 60 --job trigger_interval=0s

``taskset`` holds all parts on two cores. ``--sample`` also reads the topic while it runs, to tell the producer's share.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import psutil
from confluent_kafka import Consumer, TopicPartition
from numpy.typing import NDArray
from prometheus_client.parser import text_string_to_metric_families

from cryptostream_job.settings import JobSettings
from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_model.streams import StreamName
from harness.database import rows, value
from harness.pipeline import PARTITIONS, Pipeline
from harness.simulator import RunningSimulator
from harness.trade_latency import commits_of, latencies, live_trades
from harness.waiting import until

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "ADAUSDT")
DEFAULT_GEOMETRY = {"pane": "10s", "slide": "30s", "window": "2m", "allowed_lateness": "5s"}
# Tests start Java for a short life; here it is as users run it.
_AS_USERS_RUN_IT = {"spark_java_options": str(JobSettings.model_fields["spark_java_options"].default)}
_PREFIX = "cryptostream_job_"


def main() -> None:
    """Run the pipeline and print the tables."""
    options = _options()
    symbols = SYMBOLS[: options.symbols]
    rate = options.rate / len(symbols)
    stream = StreamName("bench", "latency")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cryptostream-bench-")))
        folder.chmod(0o755)
        broker, database = Broker(folder / "broker"), Database(folder / "database")
        database.start()
        stack.callback(database.kill)
        broker.start()
        stack.callback(broker.kill)
        simulator = stack.enter_context(
            RunningSimulator(
                symbols=",".join(f"{symbol}:{rate:g}" for symbol in symbols),
                history=options.history,
                burstiness=options.burstiness,
            )
        )
        pipeline = stack.enter_context(
            Pipeline(
                simulator,
                broker.bootstrap,
                database.url(),
                stream,
                folder / "pipeline",
                ",".join(symbols),
                shards=1,
                producer={"start_from": options.history, **_settings(options.producer)},
                job={**DEFAULT_GEOMETRY, **_AS_USERS_RUN_IT, **_settings(options.job)},
            )
        )
        producer = pipeline.start_producer(0).wait_ready()
        _print("start of the job", _start(pipeline))
        parts = {
            "simulator": simulator.process.pid,
            "producer": producer.process.pid,
            "broker": broker.pid,
            "database": database.pid,
            "job": pipeline.job.process.pid,
        }
        time.sleep(options.warm_up)
        sampled = Sampler(broker.bootstrap, stream.trades_topic) if options.sample else None
        before, used = _samples(pipeline), _processor_seconds(parts)
        begin = time.time()
        time.sleep(options.seconds)
        end = time.time()
        after, used_then = _samples(pipeline), _processor_seconds(parts)
        memory = _memory(parts)
        if sampled is not None:
            _print("producer: sent by the exchange -> visible in the topic", _quantiles(sampled.stop()))
        # The end of a topic is found only when it rests.
        producer.stop()
        trades = live_trades(broker.bootstrap, stream, int(begin * 1e6), int(end * 1e6))
        _await_coverage(pipeline, trades)
        commits = commits_of(database.url(), stream)
        latency = latencies(trades, commits)

    moments = np.array([at.timestamp() for at, _ in commits if begin <= at.timestamp() < end])
    count = sum(len(records) for records in trades.values())
    print(f"\n{count} live trades, {count / (end - begin):.0f}/s, {len(moments)} batches in {end - begin:.0f} s")
    _print("latency per trade", _quantiles(latency))
    _print("distance of commits", _quantiles(np.diff(moments)))
    worked = sum(used_then[name] - used[name] for name in used if name.startswith("job"))
    per_batch = {"processor time": f"{worked / max(1, len(moments)) * 1000:7.1f} ms"}
    _print("mean phases of a micro-batch", _phases(before, after) | per_batch)
    share = {name: f"{(used_then[name] - used[name]) / (end - begin):5.2f} cores" for name in used}
    total = sum(used_then.values()) - sum(used.values())
    _print("processor time", {**share, "all": f"{total / (end - begin):5.2f} cores"}, lambda name: memory.get(name, ""))


class Sampler:
    """Reads the trades topic as it grows and notes how old live trades are when they can be read."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._ages: list[float] = []
        self._stopping = threading.Event()
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "bench", "isolation.level": "read_committed"}
        )
        self._consumer.assign([TopicPartition(topic, partition, -1) for partition in range(PARTITIONS)])
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> NDArray[np.float64]:
        self._stopping.set()
        self._thread.join()
        self._consumer.close()
        return np.array(self._ages)

    def _run(self) -> None:
        while not self._stopping.is_set():
            messages = self._consumer.consume(1000, 0.01)
            now = time.time()
            for message in messages[::10]:
                content = message.value()
                record = orjson.loads(content) if content and not message.error() else {}
                if record.get("type") == "trade" and not record["backfilled"]:
                    self._ages.append(now - record["eventTime"] / 1e6)


def _start(pipeline: Pipeline) -> dict[str, str]:
    started = time.time()
    pipeline.job.start()
    parts = {"job": pipeline.job.process.pid}
    pipeline.job.wait_ready()
    ready, used_to_ready = time.time(), _processor_seconds(parts)
    until(
        lambda: value(pipeline.url, "SELECT count(*) FROM crypto_batches"),
        "the first batch",
        timeout=120,
    )
    used_to_first = _processor_seconds(parts)
    first = rows(pipeline.url, "SELECT min(committed_at) AS at FROM crypto_batches")[0]["at"].timestamp()
    until(
        lambda: _age_of_last_commit(pipeline) < 3.0,
        "the backlog to be worked off",
        timeout=120,
    )
    return {
        "until ready": f"{ready - started:.1f} s, processor time {sum(used_to_ready.values()):.1f} s",
        "until the first commit": f"{first - started:.1f} s, processor time {sum(used_to_first.values()):.1f} s",
        "until live": f"{time.time() - started:.1f} s",
    }


def _age_of_last_commit(pipeline: Pipeline) -> float:
    clock = value(pipeline.url, "SELECT min(clock) FROM crypto_symbols")
    age: float = (datetime.now(UTC) - clock).total_seconds()
    return age


def _await_coverage(pipeline: Pipeline, trades: Mapping[str, list[dict[str, Any]]]) -> None:
    for symbol, records in trades.items():
        if records:
            until(
                lambda symbol=symbol, highest=records[-1]["id"]: (
                    (value(pipeline.url, "SELECT last_id FROM crypto_symbols WHERE symbol = %s", symbol) or 0)
                    >= highest
                ),
                f"the last trade of {symbol}",
                timeout=60,
            )


def _samples(pipeline: Pipeline) -> dict[str, float]:
    _, text = pipeline.job.probe("/metrics")
    return {
        sample.name.removeprefix(_PREFIX) + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "bucket" not in sample.name
    }


def _phases(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, str]:
    def mean(name: str, suffix: str = "") -> str:
        count = after[f"{name}_count{suffix}"] - before.get(f"{name}_count{suffix}", 0.0)
        total = after[f"{name}_sum{suffix}"] - before.get(f"{name}_sum{suffix}", 0.0)
        return f"{total / count * 1000:7.1f} ms" if count else ""

    names = [name.removeprefix("phase_seconds_sum") for name in after if name.startswith("phase_seconds_sum")]
    return {name: mean("phase_seconds", name) for name in sorted(names)} | {
        "database transaction": mean("write_seconds"),
        "panes in state": f"{after['state_rows']:7.0f}",
    }


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _processor_seconds(parts: Mapping[str, int]) -> dict[str, float]:
    used: dict[str, float] = {}
    for name, pid in parts.items():
        for member in _family(pid):
            times = member.cpu_times()
            label = _label(name, member)
            used[label] = used.get(label, 0.0) + times.user + times.system
    return used


def _memory(parts: Mapping[str, int]) -> dict[str, str]:
    """Resident memory; that of the database's processes is mostly shared and not told."""
    resident: dict[str, int] = {}
    for name, pid in parts.items():
        for member in _family(pid) if name != "database" else []:
            label = _label(name, member)
            resident[label] = resident.get(label, 0) + member.memory_info().rss
    return {label: f"{size / 2**20:6.0f} MiB" for label, size in resident.items()}


def _label(part: str, process: psutil.Process) -> str:
    return f"{part}, JVM" if part == "job" and "java" in process.name() else part


def _quantiles(seconds: NDArray[np.float64]) -> dict[str, str]:
    names = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: f"{np.quantile(seconds, share) * 1000:7.0f} ms" for name, share in names.items()}


def _print(title: str, table: Mapping[str, str], further: Callable[[str], str] = lambda _: "") -> None:
    print(f"\n{title}")
    for name, text in table.items():
        print(f"  {name:24} {text:>12} {further(name)}", flush=True)


def _settings(pairs: list[str]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in pairs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="trades a second over all symbols")
    parser.add_argument("--symbols", type=int, default=6, choices=range(1, len(SYMBOLS) + 1))
    parser.add_argument("--history", default="1m", help="history that the producer fetches first")
    parser.add_argument("--burstiness", type=float, default=1.0)
    parser.add_argument("--sample", action="store_true", help="also measure the producer's share")
    parser.add_argument("--job", nargs="*", default=[], metavar="NAME=VALUE", help="settings of the job")
    parser.add_argument("--producer", nargs="*", default=[], metavar="NAME=VALUE", help="settings of the producer")
    return parser.parse_args()


if __name__ == "__main__":
    main()
