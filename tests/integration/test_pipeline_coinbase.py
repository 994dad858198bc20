"""The whole pipeline on a second exchange: nothing behind the producer knows which one it is."""

from pathlib import Path

import pytest

from cryptostream_local.broker import Broker
from cryptostream_model.streams import StreamName
from harness.database import rows
from harness.pipeline import Pipeline
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SYMBOLS = "BTC-USD,ETH-USD,QUIET-USD,HALT-USD"
ORIGIN = "SELECT DISTINCT symbol, exchange FROM crypto_windows ORDER BY symbol"
GAPS = "SELECT symbol, reason, from_id, to_id FROM feed_gaps"


def test_a_misbehaving_coinbase_feed_becomes_verified_windows(
    broker: Broker, database_url: str, stream: StreamName, workshop: Path
) -> None:
    everywhere = [{"symbol": symbol, "exchange": "coinbase"} for symbol in sorted(SYMBOLS.split(","))]
    with (
        RunningSimulator(
            exchange="coinbase", symbols="BTC-USD:40,ETH-USD:20,QUIET-USD:0.1,HALT-USD:halted", history="2m", speed=5
        ) as simulator,
        Pipeline(
            simulator,
            broker.bootstrap,
            database_url,
            stream,
            workshop / stream.name,
            SYMBOLS,
            producer={"exchange": "coinbase", "heal_attempts": 3, "heal_retry": "100ms", "heal_retry_cap": "200ms"},
        ) as pipeline,
    ):
        pipeline.start()
        for kind in ("drop", "duplicate", "reorder", "bad_json"):
            simulator.fault({"kind": kind, "probability": 0.01})
        missing = simulator.fault({"kind": "rest_missing", "symbol": "ETH-USD", "next": 3, "on_stream": True})
        pipeline.wait_for_windows(4 * 8)
        pipeline.producers[0].kill()
        simulator.fault({"kind": "cut"})
        pipeline.start_producer(0).wait_ready(60)
        pipeline.wait_for_windows(4 * 12, 120)
        simulator.clear_faults()
        # That a symbol without trades was silent can be told only while every message is readable.
        until(lambda: rows(database_url, ORIGIN) == everywhere, "windows of every symbol")
        until(lambda: rows(database_url, GAPS), "the gap to be given up")
        pipeline.wait_for_windows(4)
        pipeline.stop_producers()
        pipeline.verify().passed()
        assert rows(database_url, ORIGIN) == everywhere
        assert rows(database_url, GAPS) == [
            {"symbol": "ETH-USD", "reason": "unavailable", "from_id": missing["from_id"], "to_id": missing["to_id"]}
        ]
