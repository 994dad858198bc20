"""An undisturbed producer on a real broker and the simulated exchange."""

from collections.abc import Iterator

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from harness.producer import RunningProducer
from harness.simulator import RunningSimulator
from harness.trade_topic import caught_up, check_complete, read_trades
from harness.waiting import until

pytestmark = pytest.mark.integration
SYMBOLS = "BTCUSDT,ETHUSDT,QUIETUSDT,HALTUSDT"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(
        symbols="BTCUSDT:50,ETHUSDT:20,QUIETUSDT:0.05,HALTUSDT:5:halted@-30s,NEWUSDT:5:halted", speed=10, history="20m"
    ) as running:
        yield running


def a_producer(broker: Broker, stream: StreamName, simulator: RunningSimulator, **settings: object) -> RunningProducer:
    return RunningProducer(
        **{
            "namespace": stream.namespace,
            "name": stream.name,
            "kafka_bootstrap": broker.bootstrap,
            "websocket_url": simulator.ws,
            "rest_url": simulator.rest,
            "symbols": SYMBOLS,
            "partitions": 2,
            "start_from": "1m",
            **settings,
        }
    )


def test_two_shards_write_active_quiet_and_halted_symbols_complete_and_in_order(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 2)
    with (
        a_producer(broker, stream, simulator, shards=2, shard=0, start_from="5m") as first,
        a_producer(broker, stream, simulator, shards=2, shard=1, start_from="5m") as second,
    ):
        now = simulator.state()["now"]
        for producer, symbols in ((first, ("ETHUSDT", "QUIETUSDT")), (second, ("BTCUSDT", "HALTUSDT"))):
            producer.wait_ready()
            caught_up(producer, simulator, [symbol for symbol in symbols if symbol != "QUIETUSDT"])
            for symbol in symbols:
                until(
                    lambda symbol=symbol, producer=producer: (
                        producer.metric(f'clock_seconds{{symbol="{symbol}"}}') > now / 1e6 + 20
                    ),
                    f"the clock of {symbol} to move on",
                )
            until(lambda producer=producer: producer.metric('records_total{type="progress"}') >= 2, "progress")
        assert (first.stop(), second.stop()) == (0, 0)
    symbols = check_complete(broker.bootstrap, stream, simulator, 2)
    assert set(symbols) == set(SYMBOLS.split(","))
    for symbol in ("BTCUSDT", "ETHUSDT", "HALTUSDT"):
        first_trade = symbols[symbol].trades[0]
        assert first_trade.backfilled
        assert now - 360_000_000 < first_trade.time < now, "history begins startFrom before the start"
    assert any(not trade.backfilled for trade in symbols["BTCUSDT"].trades)
    for symbol in ("QUIETUSDT", "HALTUSDT"):
        assert symbols[symbol].progress


def test_progress_is_honest_on_a_fast_clock(broker: Broker, stream: StreamName) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with RunningSimulator(symbols="AUSDT:0.05,BUSDT:0.03,CUSDT:30", speed=20, history="5m") as simulator:
        with a_producer(
            broker, stream, simulator, symbols="AUSDT,BUSDT,CUSDT", partitions=1, progress_interval="400ms"
        ) as producer:
            until(lambda: producer.metric('records_total{type="progress"}') >= 10, "progress records")
            assert producer.stop() == 0
        symbols = check_complete(broker.bootstrap, stream, simulator, 1)
    for symbol, records in symbols.items():
        told = 0
        for record in records.records:
            if record in records.progress:
                told = record.clock
            else:
                assert getattr(record, "time", told + 1) > told, f"{symbol}: a trade behind the progress before it"


def test_a_symbol_that_was_never_traded_makes_progress_without_an_id(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    with a_producer(
        broker, stream, simulator, symbols="NEWUSDT", partitions=1, progress_interval="300ms", silence_timeout="1500ms"
    ) as producer:
        until(lambda: producer.metric('records_total{type="progress"}') >= 4, "progress of a symbol without trades")
        assert producer.stop() == 0
    [records] = check_complete(broker.bootstrap, stream, simulator, 1).values()
    assert records.progress == records.records


def test_live_only_begins_at_the_newest_trade_of_the_trade_feed(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    settings = {"symbols": "BTCUSDT,HALTUSDT", "partitions": 1, "feed": "trade", "start_from": "0s"}
    with a_producer(broker, stream, simulator, **settings) as producer:
        until(lambda: producer.metric('records_total{type="trade"}') >= 300, "trades")
        until(lambda: producer.metric('records_total{type="progress"}') >= 1, "progress of the halted symbol")
        assert producer.stop() == 0
    symbols = check_complete(broker.bootstrap, stream, simulator, 1, feed="trade")
    assert symbols["HALTUSDT"].trades == []
    assert all(trade.fills == 1 for trade in symbols["BTCUSDT"].trades)


def test_a_restarted_producer_goes_on_where_the_stopped_one_ended(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 2)
    for _ in range(2):
        with a_producer(broker, stream, simulator) as producer:
            producer.wait_ready()
            caught_up(producer, simulator, ["BTCUSDT", "ETHUSDT"])
            assert producer.stop() == 0
    check_complete(broker.bootstrap, stream, simulator, 2)


def test_trades_older_than_the_heal_limit_become_a_gap(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> None:
    create_topics(broker.bootstrap, stream, 1)
    settings = {"symbols": "BTCUSDT", "partitions": 1, "start_from": "0s", "max_heal": "10s"}
    with a_producer(broker, stream, simulator, **settings) as producer:
        until(lambda: producer.metric('records_total{type="trade"}') >= 100, "trades")
        assert producer.stop() == 0
    stopped_at = simulator.state()["now"]
    until(lambda: simulator.state()["now"] > stopped_at + 30_000_000, "30 s of exchange time to pass")
    with a_producer(broker, stream, simulator, **settings) as producer:
        until(lambda: producer.metric('records_total{type="gap"}') == 1, "the gap record")
        until(lambda: producer.metric('records_total{type="trade"}') >= 100, "trades")
        assert producer.stop() == 0
    [gap] = check_complete_but_gaps(broker, stream, simulator)
    assert gap[2] == "heal-limit"
    behind = simulator.tape("BTCUSDT", gap[1] + 1)[0]["time"]
    assert behind > stopped_at + 15_000_000, "what is younger than the limit was healed"


def check_complete_but_gaps(
    broker: Broker, stream: StreamName, simulator: RunningSimulator
) -> list[tuple[int, int, str]]:
    records = read_trades(broker.bootstrap, stream, 1)["BTCUSDT"]
    gaps = [(gap.from_id, gap.to_id, str(gap.reason)) for gap in records.gaps]
    check_complete(broker.bootstrap, stream, simulator, 1, {"BTCUSDT": gaps})
    return gaps
