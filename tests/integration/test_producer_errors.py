"""Bad settings, unknown symbols, unreachable or refusing servers: a clear word, and nothing lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.ports import free_port
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import caught_up, check_complete
from harness.waiting import until

pytestmark = pytest.mark.integration
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(symbols="BTCUSDT:20", speed=5, history="2m") as running:
        yield running


def settings(broker: Broker, stream: StreamName, simulator: RunningSimulator, **more: object) -> dict[str, Any]:
    return {
        "namespace": stream.namespace,
        "name": stream.name,
        "kafka_bootstrap": broker.bootstrap,
        "websocket_url": simulator.ws,
        "rest_url": simulator.rest,
        "symbols": "BTCUSDT",
        "partitions": 1,
        "start_from": "5s",
        **more,
    }


def test_wrong_settings_are_named_and_end_the_process_with_2() -> None:
    with RunningProducer(symbols="BTC/USDT", partitions="many") as producer:
        assert producer.exit_code() == 2
        assert "CRYPTOSTREAM_SYMBOLS = 'BTC/USDT'" in producer.log()
        assert "CRYPTOSTREAM_PARTITIONS = 'many'" in producer.log()


def test_an_unknown_symbol_is_named_with_its_setting(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningProducer(**settings(broker, stream, simulator, symbols="BTCUSDT,BTCUSDX")) as producer:
        assert producer.exit_code() == 2
        assert "CRYPTOSTREAM_SYMBOLS: binance does not know BTCUSDX; remove or correct it" in producer.log()


def test_a_partition_count_that_the_topic_does_not_have_is_refused(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningProducer(**settings(broker, stream, simulator, partitions=3)) as producer:
        assert producer.exit_code() == 2
        assert f"CRYPTOSTREAM_PARTITIONS = 3: topic {stream.trades_topic} has 1 partitions" in producer.log()


def test_a_stream_never_changes_its_feed(broker: Broker, stream: StreamName, simulator: RunningSimulator) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningProducer(**settings(broker, stream, simulator)) as producer:
        until(lambda: producer.metric("transactions_total") >= 1, "a transaction")
        assert producer.stop() == 0
    with RunningProducer(**settings(broker, stream, simulator, feed="trade")) as producer:
        assert producer.exit_code() == 2
        assert "holds binance aggTrade" in producer.log()
        assert "CRYPTOSTREAM_FEED = 'trade'" in producer.log()


def test_topics_that_come_later_are_waited_for(broker: Broker, stream: StreamName, simulator: RunningSimulator) -> None:
    with RunningProducer(**settings(broker, stream, simulator)) as producer:
        producer.wait_for_readiness(f"topic {stream.trades_topic} does not exist yet")
        create_topics(broker.bootstrap, stream, 1)
        producer.wait_ready()
        caught_up(producer, simulator, ["BTCUSDT"])
        assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 1)


def test_an_exchange_out_of_reach_is_waited_for_and_named(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    port = free_port()
    nowhere = f"http://127.0.0.1:{port}"
    with RunningProducer(**settings(broker, stream, simulator, rest_url=nowhere)) as producer:
        said = producer.wait_for_readiness("out of reach over REST")
        assert f"CRYPTOSTREAM_REST_URL = {nowhere}" in said
        assert producer.healthy()
        assert producer.stop() == 0
    with RunningProducer(**settings(broker, stream, simulator, websocket_url=f"ws://127.0.0.1:{port}")) as producer:
        producer.wait_for_readiness("exchange: .*refused")
        assert producer.healthy()
        assert producer.stop() == 0


def test_kafka_out_of_reach_is_waited_for_and_named(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with RunningProducer(**settings(broker, stream, simulator, kafka_bootstrap=nowhere)) as producer:
        producer.wait_for_readiness("Kafka is out of reach .*CRYPTOSTREAM_KAFKA_BOOTSTRAP")
        assert producer.healthy()
        assert producer.stop() == 0


def test_wrong_kafka_credentials_name_their_settings_and_never_the_password(
    workshop: Path, stream: StreamName, simulator: RunningSimulator
) -> None:
    closed = Broker(
        workshop / f"broker-{stream.name}",
        {
            "listener.security.protocol.map": "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.plaintext.plain.sasl.jaas.config": (
                f'{_LOGIN} username="broker" password="inside" user_broker="inside" user_producer="right";'
            ),
        },
    )
    closed.start()
    login = {
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_username": "producer",
    }
    try:
        create_topics(
            {
                "bootstrap.servers": closed.bootstrap,
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "PLAIN",
                "sasl.username": "producer",
                "sasl.password": "right",
            },
            stream,
            1,
        )
        wrong = settings(closed, stream, simulator, **login, kafka_password="wr0ng-secret")
        with RunningProducer(**wrong) as producer:
            producer.wait_for_readiness("refuses the credentials .*CRYPTOSTREAM_KAFKA_USERNAME")
            assert producer.stop() == 0
            assert "wr0ng-secret" not in producer.log()
        with RunningProducer(**settings(closed, stream, simulator, **login, kafka_password="right")) as producer:
            producer.wait_ready()
            until(lambda: producer.metric("transactions_total") >= 1, "a transaction")
            assert producer.stop() == 0
    finally:
        closed.kill()
