"""A broker that dies with an open transaction and comes back at once: nothing of it may be committed later."""

from pathlib import Path

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from harness.kafka import read_topic, values_by_symbol
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = pytest.mark.integration


def test_trades_of_a_transaction_that_died_with_its_broker_are_written_once(
    own_broker: Broker, stream: StreamName, tmp_path: Path
) -> None:
    create_topics(own_broker.bootstrap, stream, 1)
    with (
        RunningSimulator(symbols="BTCUSDT:1500", seed=5, history="30s") as simulator,
        RunningProducer(
            namespace=stream.namespace,
            name=stream.name,
            kafka_bootstrap=own_broker.bootstrap,
            symbols="BTCUSDT",
            websocket_url=simulator.ws,
            rest_url=simulator.rest,
            partitions=1,
            start_from="5s",
            state_directory=tmp_path,
        ) as producer,
    ):
        producer.wait_ready()
        for outage in range(1, 3):
            a_second_on = producer.metric("clock_seconds") + 1
            until(lambda: producer.metric("clock_seconds") > a_second_on, "another second of trades")  # noqa: B023
            own_broker.kill()
            own_broker.start()
            until(lambda: producer.metric("partition_restarts_total") == outage, "the broken transaction", 60)  # noqa: B023
            producer.wait_ready(60)
        assert producer.stop() == 0
    records = values_by_symbol(read_topic(own_broker.bootstrap, stream.trades_topic))["BTCUSDT"]
    ids = [record["id"] for record in records if record["type"] == "trade"]
    assert len(ids) > 1000
    assert ids == list(range(ids[0], ids[0] + len(ids)))
