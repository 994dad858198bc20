"""A second exchange through the same producer: its protocol, its limits, its faults; the topic stays complete."""

from collections.abc import Iterator

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import SymbolRecords, caught_up, check_complete
from harness.waiting import until

pytestmark = pytest.mark.integration
SYMBOLS = ("BTC-USD", "ETH-USD", "QUIET-USD")
BUSY = SYMBOLS[:2]


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(
        exchange="coinbase", symbols="BTC-USD:40,ETH-USD:20,QUIET-USD:0.1", speed=5, history="2m", rest_lag="1s"
    ) as running:
        yield running


def a_producer(broker: Broker, stream: StreamName, simulator: RunningSimulator, **settings: object) -> RunningProducer:
    create_topics(broker.bootstrap, stream, 1)
    return RunningProducer(
        **{
            "exchange": "coinbase",
            "namespace": stream.namespace,
            "name": stream.name,
            "kafka_bootstrap": broker.bootstrap,
            "websocket_url": simulator.ws,
            "rest_url": simulator.rest,
            "symbols": ",".join(SYMBOLS),
            "partitions": 1,
            "start_from": "5s",
            "heal_attempts": 4,
            "heal_retry": "100ms",
            "reconnect_cap": "1s",
            "silence_timeout": "2s",
            **settings,
        }
    )


@pytest.fixture
def producer(broker: Broker, stream: StreamName, simulator: RunningSimulator) -> Iterator[RunningProducer]:
    with a_producer(broker, stream, simulator) as running:
        running.wait_ready()
        caught_up(running, simulator, BUSY)
        yield running


def complete(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, **gaps: list[tuple[int, int, str]]
) -> dict[str, SymbolRecords]:
    by_symbol = {name.replace("_", "-"): found for name, found in gaps.items()}
    return check_complete(broker.bootstrap, stream, simulator, 1, by_symbol, feed="matches", exchange="coinbase")


def test_drops_duplicates_disorder_cuts_and_rest_trouble_lose_nothing(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    # Alone first: in the mixture another fault can make doubled messages unreadable.
    simulator.fault({"kind": "duplicate", "probability": 0.1, "count": 8, "seed": 1})
    until(lambda: simulator.faults()["done"].get("duplicate", 0) >= 8, "messages to be doubled")
    for kind in ("drop", "duplicate", "reorder", "bad_json", "bad_fields", "absurd_time"):
        simulator.fault({"kind": kind, "probability": 0.02, "count": 8, "seed": len(kind)})
    struck = ("drop", "duplicate", "reorder", "bad_json", "bad_fields", "absurd_time")
    until(lambda: all(simulator.faults()["done"].get(kind, 0) >= 8 for kind in struck), "the faults to strike")
    simulator.fault({"kind": "rest_outage", "seconds": 1})
    simulator.fault({"kind": "rest_5xx", "count": 3})
    simulator.fault({"kind": "cut"})
    until(lambda: producer.metric("connection_failures_total") >= 1, "the loss to be seen")
    producer.wait_ready()
    simulator.fault({"kind": "rest_429", "count": 1, "retry_after": 1})
    simulator.fault({"kind": "drop", "symbol": "BTC-USD", "count": 3})
    caught_up(producer, simulator, BUSY)
    until(lambda: producer.metric("gaps_open") == 0, "every gap to be closed")
    metrics = producer.metrics()
    assert producer.stop() == 0
    records = complete(broker, stream, simulator)
    assert {trade.fills for symbol in records.values() for trade in symbol.trades} == {1}
    assert metrics["duplicates_total"] >= 8
    assert metrics["gaps_healed_total"] >= 1
    assert metrics['messages_total{kind="heartbeat"}'] > 0


def test_history_is_found_and_fetched_within_the_exchanges_limits(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    start = simulator.state()["liveStart"]
    with a_producer(broker, stream, simulator, start_from="2m", partitions=1) as producer:
        producer.wait_ready()
        caught_up(producer, simulator, BUSY)
        metrics = producer.metrics()
        assert producer.stop() == 0
    records = complete(broker, stream, simulator)
    assert records["BTC-USD"].trades[0].time < start
    assert len(records["BTC-USD"].trades) > 3000, "several pages"
    assert metrics.get('rest_requests_total{outcome="limited"}', 0) == 0


def test_ids_that_nobody_has_become_gap_records_even_if_they_fill_a_page(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    """From the first id on, pages end at 1000, 2000 and 3000."""
    simulator.fault({"kind": "rest_missing", "symbol": "BTC-USD", "from_id": 1996, "to_id": 3600})
    simulator.fault({"kind": "rest_malformed", "symbol": "BTC-USD", "from_id": 3700})
    with a_producer(broker, stream, simulator, start_from="1h") as producer:
        producer.wait_ready()
        caught_up(producer, simulator, BUSY)
        assert producer.stop() == 0
    gaps = [(1996, 2000, "unavailable"), (2001, 3000, "unavailable"), (3001, 3600, "unavailable")]
    gaps.append((3700, 3700, "invalid"))
    assert complete(broker, stream, simulator, BTC_USD=gaps)["BTC-USD"].trades[0].id == 1


def test_a_lost_trade_of_a_quiet_product_is_fetched_when_a_heartbeat_tells_of_it(
    broker: Broker, stream: StreamName
) -> None:
    """No later trade shows the hole: the product is halted after its history."""
    with RunningSimulator(exchange="coinbase", symbols="LAST-USD:2:halted@60s", history="1m", speed=6) as simulator:
        simulator.fault({"kind": "drop"})
        with a_producer(broker, stream, simulator, symbols="LAST-USD") as producer:
            producer.wait_ready()
            halted = simulator.state()["liveStart"] + 61_000_000
            until(lambda: simulator.state()["now"] > halted, "the halt", timeout=40)
            until(lambda: producer.metric('clock_seconds{symbol="LAST-USD"}') * 1e6 > halted, "progress beyond it")
            assert producer.metric("connections_total") == 1, "no new connection's last match told of it"
            assert producer.stop() == 0
        records = complete(broker, stream, simulator)["LAST-USD"]
        assert records.trades[-1].id == simulator.state()["symbols"]["LAST-USD"]["lastFill"]
        assert records.trades[-1].backfilled


def test_heartbeats_keep_a_quiet_connection_and_tell_the_time(broker: Broker, stream: StreamName) -> None:
    with (
        RunningSimulator(exchange="coinbase", symbols="HALT-USD:halted,ICE-USD:halted", history="1m") as simulator,
        a_producer(broker, stream, simulator, symbols="HALT-USD,ICE-USD") as producer,
    ):
        producer.wait_ready()
        until(lambda: producer.metric('records_total{type="progress"}') >= 8, "progress of products without trades")
        metrics = producer.metrics()
        assert metrics["connections_total"] == 1, "the silence of the matches is not that of the connection"
        assert metrics["connection_failures_total"] == 0
        asked = metrics['rest_requests_total{outcome="ok"}']
        until(lambda: producer.metric('records_total{type="progress"}') >= 14, "more progress")
        assert producer.metric('rest_requests_total{outcome="ok"}') <= asked + 2, "the time came by heartbeat"
        assert producer.stop() == 0
        complete(broker, stream, simulator)


def test_an_unknown_product_is_named_with_the_form_of_the_exchange(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    for symbols in ("NOPE-USD", "BTC-USD,NOPE-USD"):
        with a_producer(broker, stream, simulator, symbols=symbols) as producer:
            assert producer.exit_code() == 2
            assert "coinbase does not know NOPE-USD" in producer.log()
            assert "BTC-USD" in producer.log()
