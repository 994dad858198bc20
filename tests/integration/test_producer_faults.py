"""The exchange misbehaves: the topic stays complete, and what cannot be had is said."""

from collections.abc import Iterator

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.records import Gap, parse_record
from cryptostream_model.streams import StreamName
from harness.kafka import read_topic
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import caught_up, check_complete
from harness.waiting import until

pytestmark = pytest.mark.integration
SYMBOLS = ("BTCUSDT", "ETHUSDT", "QUIETUSDT")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(
        symbols="BTCUSDT:40,ETHUSDT:20,QUIETUSDT:0.1", speed=5, history="2m", rest_lag="1s"
    ) as running:
        yield running


@pytest.fixture
def producer(broker: Broker, stream: StreamName, simulator: RunningSimulator) -> Iterator[RunningProducer]:
    """A producer that writes live trades of three symbols to one partition."""
    create_topics(broker.bootstrap, stream, 1)
    with RunningProducer(
        namespace=stream.namespace,
        name=stream.name,
        kafka_bootstrap=broker.bootstrap,
        websocket_url=simulator.ws,
        rest_url=simulator.rest,
        symbols=",".join(SYMBOLS),
        partitions=1,
        start_from="5s",
        heal_attempts=4,
        heal_retry="100ms",
        reconnect_cap="1s",
        silence_timeout="2s",
    ) as running:
        running.wait_ready()
        caught_up(running, simulator, ["BTCUSDT", "ETHUSDT"])
        yield running


def wait_for_faults(simulator: RunningSimulator, **counts: int) -> None:
    until(
        lambda: all(simulator.faults()["done"].get(kind, 0) >= count for kind, count in counts.items()),
        lambda: f"faults {counts}, done {simulator.faults()['done']}",
    )


def test_drops_duplicates_disorder_and_unreadable_messages_lose_nothing(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    # Alone first: in the mixture another fault can make doubled messages unreadable.
    simulator.fault({"kind": "duplicate", "probability": 0.1, "count": 8, "seed": 1})
    wait_for_faults(simulator, duplicate=8)
    for kind in ("drop", "duplicate", "reorder", "bad_json", "bad_fields", "absurd_time"):
        simulator.fault({"kind": kind, "probability": 0.02, "count": 8, "seed": len(kind)})
    simulator.fault({"kind": "delay", "probability": 0.01, "count": 3, "delay_ms": 300})
    wait_for_faults(simulator, drop=8, duplicate=16, reorder=8, bad_json=8, bad_fields=8, absurd_time=8, delay=3)
    caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
    until(lambda: producer.metric("gaps_open") == 0, "every gap to be closed")
    metrics = producer.metrics()
    assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 1)
    assert metrics["duplicates_total"] >= 8
    assert metrics["gaps_healed_total"] >= 1
    letters = read_topic(broker.bootstrap, stream.dead_letters_topic)
    assert len(letters) == metrics["dead_letters_total"]
    assert len(letters) >= 24, "an unreadable message may have been duplicated as well"
    reasons = {bytes(dict(letter.headers() or [])["reason"]).decode() for letter in letters}
    assert any("not JSON" in reason for reason in reasons)
    assert any("ahead of the exchange" in reason for reason in reasons)


def test_a_cut_connection_is_replaced_and_its_hole_is_healed(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    for times in range(1, 4):
        simulator.fault({"kind": "cut"})
        until(lambda times=times: producer.metric("connection_failures_total") >= times, "the loss to be seen")
        producer.wait_ready()
        caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
    assert producer.metric("gaps_healed_total") >= 1
    assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 1)


def test_a_shutdown_notice_and_silence_lead_to_another_connection(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    simulator.fault({"kind": "server_shutdown", "close_after": 5})
    until(lambda: producer.metric("rotations_total") >= 1, "a rotation")
    simulator.fault({"kind": "silence", "seconds": 3})
    until(lambda: producer.metric('connections_total{reason="silence"}') >= 1, "a connection against silence")
    simulator.clear_faults()
    caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
    assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 1)


def test_a_gap_stays_open_while_rest_is_away_and_other_symbols_go_on(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    simulator.fault({"kind": "rest_outage"})
    simulator.fault({"kind": "drop", "symbol": "BTCUSDT", "count": 3})
    until(lambda: producer.metric("gaps_open") == 1, "the gap")
    caught_up(producer, simulator, ["ETHUSDT"])
    until(lambda: producer.metric("held_trades") > 50, "live trades to be held behind the gap")
    assert producer.metric("gaps_open") == 1
    simulator.clear_faults()
    simulator.fault({"kind": "rest_5xx", "count": 2})
    simulator.fault({"kind": "rest_429", "count": 1, "retry_after": 1})
    until(lambda: producer.metric("gaps_open") == 0, "the gap to be healed")
    caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
    assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 1)


def test_ids_that_nobody_has_become_gap_records_with_their_ids(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    fault = simulator.fault({"kind": "rest_missing", "symbol": "BTCUSDT", "next": 5, "on_stream": True})
    until(lambda: producer.metric('gaps_unfillable_total{reason="unavailable"}') == 1, "the gap record")
    caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
    assert producer.stop() == 0
    expected = (fault["from_id"], fault["to_id"], "unavailable")
    check_complete(broker.bootstrap, stream, simulator, 1, {"BTCUSDT": [expected]})


def test_an_id_that_is_malformed_everywhere_becomes_an_invalid_gap_of_that_id(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, producer: RunningProducer
) -> None:
    malformed = {"kind": "rest_malformed", "symbol": "ETHUSDT"}
    coming = simulator.fault({**malformed, "next": 1})["from_id"]
    # What a slow stream has yet to send is a little older than what comes next.
    fault = simulator.fault({**malformed, "from_id": coming - 500, "to_id": coming + 2_000})
    simulator.fault({"kind": "bad_fields", "symbol": "ETHUSDT", "count": 1})
    until(lambda: producer.metric('gaps_unfillable_total{reason="invalid"}') == 1, "the gap record")
    caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
    assert producer.stop() == 0
    gaps = {"ETHUSDT": the_gaps(broker, stream)}
    check_complete(broker.bootstrap, stream, simulator, 1, gaps)
    [(first, last, reason)] = gaps["ETHUSDT"]
    assert first == last
    assert fault["from_id"] <= first <= fault["to_id"]
    assert reason == "invalid"


def the_gaps(broker: Broker, stream: StreamName) -> list[tuple[int, int, str]]:
    records = [parse_record(bytes(m.value() or b"")) for m in read_topic(broker.bootstrap, stream.trades_topic)]
    return [(record.from_id, record.to_id, record.reason) for record in records if isinstance(record, Gap)]


def test_connections_rotate_with_an_overlap_and_without_a_hole(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningProducer(
        namespace=stream.namespace,
        name=stream.name,
        kafka_bootstrap=broker.bootstrap,
        websocket_url=simulator.ws,
        rest_url=simulator.rest,
        symbols=",".join(SYMBOLS),
        partitions=1,
        start_from="5s",
        rotate_after="1500ms",
    ) as producer:
        producer.wait_ready()
        until(lambda: producer.metric("rotations_total") >= 3, "three rotations")
        caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
        metrics = producer.metrics()
        assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 1)
    assert metrics["duplicates_total"] > 0, "both connections deliver for a while"
    assert metrics["gaps_opened_total"] <= 3, "only the start needs healing"
    assert metrics["connection_failures_total"] == 0
