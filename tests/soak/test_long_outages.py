"""Outages at the length that users meet. Minutes long, so not part of ``make test``: run by ``make soak``."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_model.streams import StreamName
from harness.database import value
from harness.pipeline import Pipeline
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]

MARKET = "BTCUSDT:1000,ETHUSDT:600,SOLUSDT:400"
SYMBOLS = "BTCUSDT,ETHUSDT,SOLUSDT"
KAFKA_AWAY = 180.0
DATABASE_AWAY = 120.0
MEGABYTE = 1_000_000


def test_kafka_away_for_three_minutes_at_2000_trades_a_second(
    own_broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    with (
        RunningSimulator(symbols=MARKET, seed=11, history="1m") as simulator,
        Pipeline(
            simulator, own_broker.bootstrap, database_url, stream, workshop / stream.name, SYMBOLS, shards=1
        ) as pipeline,
    ):
        pipeline.start()
        pipeline.wait_for_windows(30)
        producer = pipeline.producers[0]
        before = producer.memory()
        own_broker.kill()
        peak = peak_memory(producer.memory, KAFKA_AWAY)
        print(f"producer: {before / MEGABYTE:.0f} MB before, at most {peak / MEGABYTE:.0f} MB while Kafka was away")
        assert peak - before < 100 * MEGABYTE
        own_broker.start()
        producer.wait_ready(120)
        pipeline.wait_for_windows(3 * 100, 240)
        pipeline.stop_producers()
        pipeline.verify(wait=180).passed()
        assert value(database_url, "SELECT count(*) FROM feed_gaps") == 0


def test_the_database_away_for_two_minutes(
    broker: Broker, own_database_server: Database, stream: StreamName, workshop: Path
) -> None:
    with (
        RunningSimulator(symbols="BTCUSDT:200,ETHUSDT:100", seed=12, history="1m") as simulator,
        Pipeline(
            simulator, broker.bootstrap, own_database_server.url(), stream, workshop / stream.name, "BTCUSDT,ETHUSDT"
        ) as pipeline,
    ):
        pipeline.start()
        pipeline.wait_for_windows(10)
        own_database_server.kill()
        time.sleep(DATABASE_AWAY)  # the outage itself
        assert pipeline.job.metric('cryptostream_job_waiting{part="database"}') == 1
        own_database_server.start()
        until(lambda: pipeline.job.metric('cryptostream_job_waiting{part="database"}') == 0, "the job to go on", 60)
        pipeline.stop_producers()
        pipeline.verify(wait=180).passed()
        assert value(pipeline.url, "SELECT max(epoch) FROM crypto_writers") == 1


def peak_memory(resident: Callable[[], int], seconds: float) -> int:
    """The highest of samples taken every second."""
    deadline = time.monotonic() + seconds
    peak = 0
    while time.monotonic() < deadline:
        peak = max(peak, resident())
        time.sleep(1)
    return peak
