"""A broker crash that keeps a transaction in one of a partition's two topics only: the trades topic decides."""

from collections.abc import Sequence

import pytest
from confluent_kafka import Producer

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.records import Position, Trade
from cryptostream_model.streams import StreamName
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import caught_up, check_complete, read_positions

pytestmark = pytest.mark.integration


def commit_to_one_topic(broker: Broker, topic: str, values: Sequence[tuple[bytes, int]]) -> None:
    """What is left of a transaction whose other half is lost: values with their clocks."""
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for value, clock in values:
        producer.produce(topic, value, b"BTCUSDT", 0, timestamp=clock // 1000)
    assert producer.flush(10) == 0


@pytest.mark.parametrize("kept", ["trades", "position"])
def test_half_a_transaction_is_neither_repeated_nor_skipped(broker: Broker, stream: StreamName, kept: str) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningSimulator(symbols="BTCUSDT:50", speed=2, history="1m") as simulator:
        settings = {
            "namespace": stream.namespace,
            "name": stream.name,
            "kafka_bootstrap": broker.bootstrap,
            "websocket_url": simulator.ws,
            "rest_url": simulator.rest,
            "symbols": "BTCUSDT",
            "partitions": 1,
            "start_from": "5s",
        }
        with RunningProducer(**settings) as producer:
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT"])
            assert producer.stop() == 0
        position = read_positions(broker.bootstrap, stream)["BTCUSDT"]
        assert position.last_id is not None
        clock, half = position.clock, []
        for row in simulator.tape("BTCUSDT", position.last_id + 1, position.last_id + 20):
            clock = max(clock, row["time"])
            fields = {name: row[name] for name in ("id", "price", "quantity", "side", "fills", "time")}
            trade = Trade(
                "binance", "BTCUSDT", "aggTrade", **fields, event_time=row["time"], clock=clock, backfilled=True
            )
            half.append((trade.to_json(), clock))
        assert half
        if kept == "trades":
            commit_to_one_topic(broker, stream.trades_topic, half)
        else:
            ahead = Position("binance", "BTCUSDT", "aggTrade", position.last_id + 20, clock)
            commit_to_one_topic(broker, stream.positions_topic, [(ahead.to_json(), clock)])
        with RunningProducer(**settings) as producer:
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT"])
            assert "the broker kept only a part of the last transaction" in producer.log()
            assert producer.stop() == 0
        check_complete(broker.bootstrap, stream, simulator, 1)
