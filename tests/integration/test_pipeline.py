"""From the exchange's socket to verified windows and alerts, with everything that can go wrong on the way."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cryptostream_local.broker import Broker
from cryptostream_model.streams import StreamName
from harness.database import rows, value
from harness.pipeline import Pipeline
from harness.producer import RunningProducer
from harness.shared_data import shared_data
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

MARKET = "BTCUSDT:60,ETHUSDT:40,SOLUSDT:20,QUIETUSDT:0.1,HALTUSDT:halted"
SYMBOLS = "BTCUSDT,ETHUSDT,SOLUSDT,QUIETUSDT,HALTUSDT"
SOON = {"warm_up_windows": 8, "baseline_windows": 40}
DETECTORS = json.dumps(
    {
        "price_spike": {**SOON, "threshold": 7},
        "volume_surge": {**SOON, "threshold": 4},
        "volatility_burst": {**SOON, "threshold": 4.5},
        **{name: {"warm_up_panes": 15} for name in ("price_jump", "trade_surge", "pump_start", "range_burst")},
    }
)
SENSITIVE = json.dumps({"price_spike": {"warm_up_windows": 5, "baseline_windows": 10, "threshold": 2}})
HALTED = "SELECT count(*) FROM crypto_windows WHERE symbol = 'HALTUSDT' AND trades = 0"
CLOSED = "SELECT bool_and(closed) FROM crypto_panes WHERE trades > 0"
GAPS = "SELECT symbol, reason, from_id, to_id FROM feed_gaps"
NOT_COUNTED_BY_SIZE = """
SELECT count(*) AS panes FROM crypto_panes
WHERE (SELECT sum(size) FROM unnest(trade_sizes) AS size) IS DISTINCT FROM trades
"""
"""Panes whose trades by size are not all of their trades."""


@pytest.fixture
def build(broker: Broker, database_url: str, stream: StreamName, workshop: Path) -> Callable[..., Pipeline]:
    """Makes a pipeline on a simulator: ``build(simulator, shards=1, producer={...})``; five symbols by default."""

    def made(simulator: RunningSimulator, symbols: str = SYMBOLS, **settings: Any) -> Pipeline:
        chosen = {"job": {"detectors": DETECTORS}, **settings}
        return Pipeline(simulator, broker.bootstrap, database_url, stream, workshop / stream.name, symbols, **chosen)

    return made


def test_real_trades_become_windows_and_alerts(build: Callable[..., Pipeline], database_url: str) -> None:
    tape = shared_data("trades/quant-stream_btc_eth_10k.csv")
    with (
        RunningSimulator(tape=tape) as simulator,
        build(
            simulator,
            symbols="BTCUSDT,ETHUSDT",
            shards=1,
            # The exchange traded before the producer had come up.
            producer={"start_from": "60s"},
            job={"detectors": SENSITIVE},
        ) as pipeline,
    ):
        pipeline.start()
        # 38 seconds of trades, then progress records close what is left.
        until(lambda: stored_trades(pipeline) == 10_000, lambda: f"all trades, there are {stored_trades(pipeline)}", 90)
        until(lambda: value(database_url, CLOSED), "all panes to close")
        pipeline.stop_producers()
        pipeline.verify().passed()
        counts = {
            row["symbol"]: row["trades"]
            for row in rows(database_url, "SELECT symbol, sum(trades) AS trades FROM crypto_panes GROUP BY symbol")
        }
        assert counts == {"BTCUSDT": 3895, "ETHUSDT": 6105}
        assert rows(database_url, NOT_COUNTED_BY_SIZE) == [{"panes": 0}]
        print_result(database_url)


def test_a_clean_run_with_quiet_and_halted_symbols(build: Callable[..., Pipeline], database_url: str) -> None:
    with (
        RunningSimulator(symbols=MARKET, seed=7, history="2m") as simulator,
        build(simulator) as pipeline,
    ):
        pipeline.start()
        pipeline.wait_for_windows(5 * 8)
        until(
            lambda: value(database_url, HALTED) >= 5, "windows of a halted symbol, which close by its progress records"
        )
        pipeline.stop_producers()
        pipeline.verify().passed()
        assert pipeline.job.stop() == 0


def test_twenty_random_kills_lose_nothing_and_count_nothing_twice(
    build: Callable[..., Pipeline], database_url: str
) -> None:
    chance = random.Random(20)
    with (
        RunningSimulator(symbols=MARKET, seed=8, history="2m") as simulator,
        build(
            simulator,
            # Rotation every few seconds, so that kills fall into overlapping sockets too.
            producer={"rotate_after": "4s"},
        ) as pipeline,
    ):
        pipeline.start()
        for kill in range(20):
            if kill % 5 == 4:
                pipeline.job.wait_ready()
                time.sleep(chance.uniform(0.0, 1.5))  # anywhere in a micro-batch
                pipeline.job.kill()
                pipeline.job.start()
            else:
                shard = chance.randrange(2)
                if chance.random() < 0.5:
                    # A hole of some hundred trades is being healed when the process dies.
                    simulator.fault({"kind": "cut"})
                pipeline.producers[shard].wait_ready(60)
                time.sleep(chance.uniform(0.0, 0.4))  # anywhere between begin and commit of a 50 ms transaction
                pipeline.producers[shard].kill()
                pipeline.start_producer(shard)
        for producer in pipeline.producers.values():
            producer.wait_ready(60)
        pipeline.wait_for_windows(5 * 3, 120)
        pipeline.stop_producers()
        pipeline.verify().passed()
        assert value(database_url, "SELECT epoch FROM crypto_writers") == 5


def test_a_misbehaving_feed_and_a_shard_that_stops_lose_no_trade(
    build: Callable[..., Pipeline], database_url: str
) -> None:
    with (
        # Twenty times as fast: the stopped shard misses minutes of the exchange's time.
        RunningSimulator(symbols=MARKET, seed=9, history="2m", speed=20) as simulator,
        build(
            simulator,
            producer={"heal_attempts": 3, "heal_retry": "100ms", "heal_retry_cap": "200ms"},
        ) as pipeline,
    ):
        pipeline.start()
        pipeline.wait_for_windows(10)
        for kind in ("drop", "duplicate", "reorder", "bad_json"):
            simulator.fault({"kind": kind, "probability": 0.01})
        simulator.fault({"kind": "rest_outage", "seconds": 3})
        missing = simulator.fault({"kind": "rest_missing", "symbol": "SOLUSDT", "next": 3, "on_stream": True})
        pipeline.wait_for_windows(5 * 10)
        pipeline.producers[0].kill()
        pipeline.wait_for_windows(5 * 30, 120)
        simulator.fault({"kind": "cut"})
        pipeline.start_producer(0).wait_ready(60)
        pipeline.wait_for_windows(5 * 30, 120)
        until(lambda: rows(database_url, GAPS), "the gap to be given up")
        pipeline.stop_producers()
        pipeline.verify().passed()
        assert rows(database_url, GAPS) == [
            {"symbol": "SOLUSDT", "reason": "unavailable", "from_id": missing["from_id"], "to_id": missing["to_id"]}
        ]
        late = value(database_url, "SELECT sum(late_trades) FROM crypto_panes")
        assert late == 0, "what is healed in order is never late"


def test_a_zombie_is_fenced_and_shards_change_under_load(build: Callable[..., Pipeline], database_url: str) -> None:
    with (
        RunningSimulator(symbols=MARKET, seed=10, history="2m") as simulator,
        build(
            simulator,
            shards=1,
        ) as pipeline,
    ):
        pipeline.start()
        zombie = pipeline.producers[0]
        zombie.pause()
        successor = pipeline.start_producer(0).wait_ready(60)
        zombie.resume()
        halves: list[RunningProducer] = []
        try:
            assert "fenced" in zombie.wait_for_readiness("fenced", 60)
            assert zombie.healthy(), "it stays up, so that nothing starts it again"
            # 1 -> 2 -> 1 shards: each new layout takes the partitions from the one before.
            halves += [pipeline.start_producer(shard, shards=2).wait_ready(60) for shard in (0, 1)]
            successor.wait_for_readiness("fenced", 60)
            pipeline.wait_for_windows(5 * 2)
            pipeline.start_producer(0, shards=1).wait_ready(60)
            for half in halves:
                half.wait_for_readiness("fenced", 60)
            pipeline.wait_for_windows(5 * 2)
            assert "fenced" in zombie.unready()
            assert pipeline.producers.pop(1) is halves[1]
            pipeline.stop_producers()
            pipeline.verify().passed()
        finally:
            for producer in (zombie, successor, *halves):
                producer.kill()


def stored_trades(pipeline: Pipeline) -> int:
    """On-time and late trades in the database."""
    return int(value(pipeline.url, "SELECT coalesce(sum(trades + late_trades), 0) FROM crypto_panes"))


def print_result(url: str) -> None:
    """What came out, for people: shown by ``pytest -s`` and on failure."""
    for row in rows(url, "SELECT symbol, count(*), sum(trades) AS trades FROM crypto_windows GROUP BY symbol"):
        print(row)
    for row in rows(url, "SELECT symbol, detector, state, score, window_end, details FROM crypto_alerts"):
        print(row)
