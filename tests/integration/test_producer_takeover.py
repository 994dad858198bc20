"""Crashes, takeovers and Kafka outages: every id once, in order, whoever writes."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from harness.kafka import read_topic
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import caught_up, check_complete
from harness.waiting import until

pytestmark = pytest.mark.integration


def producer_settings(
    broker: Broker, stream: StreamName, simulator: RunningSimulator, **more: object
) -> dict[str, Any]:
    return {
        "namespace": stream.namespace,
        "name": stream.name,
        "kafka_bootstrap": broker.bootstrap,
        "websocket_url": simulator.ws,
        "rest_url": simulator.rest,
        "symbols": "BTCUSDT,ETHUSDT",
        "partitions": 2,
        "start_from": "5s",
        **more,
    }


def open_transactions(broker: Broker, topic: str, partition: int) -> bool:
    """Whether records lie beyond the last stable offset."""
    ends = []
    for isolation in ("read_committed", "read_uncommitted"):
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "tests", "isolation.level": isolation})
        ends.append(consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1])
        consumer.close()
    return ends[0] < ends[1]


def test_a_producer_killed_again_and_again_writes_every_id_once_in_order(broker: Broker, stream: StreamName) -> None:
    create_topics(broker.bootstrap, stream, 2)
    source = random.Random(7)
    with RunningSimulator(symbols="BTCUSDT:100,ETHUSDT:60", speed=2, history="2m") as simulator:
        settings = producer_settings(broker, stream, simulator)
        for round_number in range(5):
            with RunningProducer(**settings) as producer:
                if round_number % 3 == 2:
                    until(lambda: "partition opened" in producer.log(), "the start of a heal")
                else:
                    wanted = source.randint(3, 25)
                    until(
                        lambda wanted=wanted: producer.metric("transactions_total") >= wanted,
                        f"{wanted} transactions",
                        interval=0.01,
                    )
                producer.kill()
        with RunningProducer(**settings) as producer:
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
            assert producer.stop() == 0
        check_complete(broker.bootstrap, stream, simulator, 2)
    committed = len(read_topic(broker.bootstrap, stream.trades_topic))
    written = len(read_topic(broker.bootstrap, stream.trades_topic, "read_uncommitted"))
    assert written > committed, "some kills hit an open transaction"


def test_a_paused_producer_that_was_replaced_is_fenced_and_stays_down(
    broker: Broker, stream: StreamName, tmp_path: Path
) -> None:
    create_topics(broker.bootstrap, stream, 2)
    with RunningSimulator(symbols="BTCUSDT:100,ETHUSDT:60", speed=2, history="2m") as simulator:
        settings = producer_settings(broker, stream, simulator)
        with RunningProducer(**settings, state_directory=tmp_path) as first:
            first.wait_ready()
            caught_up(first, simulator, ["BTCUSDT", "ETHUSDT"])
            first.pause()
            with RunningProducer(**settings) as second:
                second.wait_ready()
                caught_up(second, simulator, ["BTCUSDT", "ETHUSDT"])
                first.resume()
                said = first.wait_for_readiness("fenced by writer")
                assert re.search(r"fenced by writer [0-9a-f-]{36} on partition [01]", said)
                assert first.healthy()
                assert first.metric("fenced") == 1
                assert (tmp_path / "fenced").exists()
                caught_up(second, simulator, ["BTCUSDT", "ETHUSDT"])
                assert first.process.poll() is None
                assert second.unready() == "ok"
                first.kill()
                with RunningProducer(**settings, state_directory=tmp_path) as restarted:
                    restarted.wait_for_readiness("fenced by writer")
                    assert restarted.healthy()
                    caught_up(second, simulator, ["BTCUSDT", "ETHUSDT"])
                    assert second.unready() == "ok"
                    assert restarted.stop() == 0
                assert second.metric("partition_restarts_total") == 0
                assert second.stop() == 0
        check_complete(broker.bootstrap, stream, simulator, 2)


def test_shards_change_from_one_to_two_and_back_under_load(broker: Broker, stream: StreamName) -> None:
    create_topics(broker.bootstrap, stream, 2)
    with RunningSimulator(symbols="BTCUSDT:300,ETHUSDT:200", speed=1, history="2m") as simulator:
        settings = producer_settings(broker, stream, simulator)
        with RunningProducer(**settings) as whole:
            whole.wait_ready()
            with (
                RunningProducer(**settings, shards=2, shard=0) as half,
                RunningProducer(**settings, shards=2, shard=1) as other,
            ):
                whole.wait_for_readiness("fenced")
                for producer, symbol in ((half, "ETHUSDT"), (other, "BTCUSDT")):
                    producer.wait_ready()
                    caught_up(producer, simulator, [symbol])
                with RunningProducer(**settings) as again:
                    half.wait_for_readiness("fenced")
                    other.wait_for_readiness("fenced")
                    again.wait_ready()
                    caught_up(again, simulator, ["BTCUSDT", "ETHUSDT"])
                    assert again.stop() == 0
        check_complete(broker.bootstrap, stream, simulator, 2)


def test_a_transaction_that_the_broker_timed_out_is_not_taken_for_a_takeover(
    broker: Broker, stream: StreamName
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningSimulator(symbols="BTCUSDT:100", speed=2, history="2m") as simulator:
        settings = producer_settings(
            broker,
            stream,
            simulator,
            symbols="BTCUSDT",
            partitions=1,
            commit_interval="800ms",
            transaction_timeout="1s",
        )
        with RunningProducer(**settings) as producer:
            producer.wait_ready()
            until(lambda: producer.metric("transactions_total") >= 2, "transactions")
            until(lambda: open_transactions(broker, stream.trades_topic, 0), "an open transaction", interval=0.01)
            producer.pause()
            until(lambda: not open_transactions(broker, stream.trades_topic, 0), "the broker to end it")
            producer.resume()
            until(lambda: producer.metric("partition_restarts_total") >= 1, "the partition to begin anew")
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT"])
            assert producer.metric("fenced") == 0
            assert producer.stop() == 0
        check_complete(broker.bootstrap, stream, simulator, 1)


def test_while_kafka_is_away_memory_is_bounded_and_nothing_is_lost(own_broker: Broker, stream: StreamName) -> None:
    create_topics(own_broker.bootstrap, stream, 2)
    with RunningSimulator(symbols="BTCUSDT:1200,ETHUSDT:800", speed=1, history="1m", burstiness=0.3) as simulator:
        settings = producer_settings(
            own_broker, stream, simulator, transaction_timeout="3s", queue_size=8000, start_from="1s"
        )
        with RunningProducer(**settings) as producer:
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
            before = producer.memory()
            own_broker.stop()
            until(lambda: producer.metric("queue_depth") >= 4000, "the queues to fill")
            said = producer.wait_for_readiness("Kafka|transaction")
            full = producer.memory()
            traded = simulator.state()["symbols"]["BTCUSDT"]["lastId"]
            until(
                lambda: simulator.state()["symbols"]["BTCUSDT"]["lastId"] > traded + 12_000,
                "ten seconds of trades that the producer cannot write",
            )
            assert producer.memory() - before < 60_000_000
            assert producer.memory() - full < 10_000_000, "memory does not grow with the outage"
            assert producer.healthy()
            own_broker.start()
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"], timeout=60)
            assert producer.metric("fenced") == 0
            assert producer.memory() - before < 100_000_000
            assert producer.stop() == 0
        assert "partition 0" in said or "partition 1" in said
        check_complete(own_broker.bootstrap, stream, simulator, 2)


def test_a_producer_whose_transaction_outlasts_a_broker_is_ready_again(own_broker: Broker, stream: StreamName) -> None:
    create_topics(own_broker.bootstrap, stream, 1)
    with RunningSimulator(symbols="BTCUSDT:5", speed=1, history="1m") as simulator:
        settings = producer_settings(
            own_broker, stream, simulator, symbols="BTCUSDT", partitions=1, transaction_timeout="60s", start_from="1s"
        )
        with RunningProducer(**settings) as producer:
            producer.wait_ready()
            own_broker.kill()
            producer.wait_for_readiness("Kafka is out of reach")
            own_broker.start()
            producer.wait_ready(30)
            caught_up(producer, simulator, ["BTCUSDT"])
            assert producer.stop() == 0
        check_complete(own_broker.bootstrap, stream, simulator, 1)
