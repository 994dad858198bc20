"""The view's observer on a real pipeline: it sees all of it, and goes on while parts are away."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_local.topics import create_topics
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from cryptostream_view.observer import StreamObserver
from cryptostream_view.settings import ViewSettings
from cryptostream_view.snapshot import Snapshot
from harness.database import rows
from harness.kafka import read_topic
from harness.pipeline import Pipeline
from harness.simulator import RunningSimulator
from harness.tape import EPOCH, SECOND, Tape
from harness.waiting import until

pytestmark = pytest.mark.integration

SYMBOLS = ("BTCUSDT", "ETHUSDT", "HALTUSDT")
MARKET = "BTCUSDT:60,ETHUSDT:40,HALTUSDT:halted"
SOON = {"warm_up_windows": 5, "baseline_windows": 10, "threshold": 2}
DETECTORS = json.dumps({"price_spike": SOON, "volume_surge": SOON, "volatility_burst": SOON})


def settings(stream: StreamName, bootstrap: str, url: str) -> ViewSettings:
    return ViewSettings.load(namespace=stream.namespace, name=stream.name, kafka_bootstrap=bootstrap, database_url=url)


@pytest.fixture
def observe() -> Iterator[Callable[..., StreamObserver]]:
    """Starts observers and stops them at the end: ``observe(settings, since, symbols)``."""
    started: list[StreamObserver] = []

    def begin(chosen: ViewSettings, since: int, symbols: tuple[str, ...] = ()) -> StreamObserver:
        observer = StreamObserver(chosen, symbols, since)
        observer.start()
        started.append(observer)
        return observer

    yield begin
    for observer in started:
        observer.stop()


def seen(observer: StreamObserver, condition: Callable[[Snapshot], bool], what: str, timeout: float = 60.0) -> Snapshot:
    """Wait until a snapshot fulfils the condition and return it."""

    def look() -> Snapshot | None:
        shown = observer.snapshot()
        return shown if condition(shown) else None

    found = until(look, lambda: f"{what}; the view has {observer.snapshot()!r}", timeout)
    assert found is not None
    return found


def test_a_running_pipeline_is_seen_whole(
    broker: Broker,
    database_url: str,
    stream: StreamName,
    workshop: Path,
    observe: Callable[..., StreamObserver],
) -> None:
    began = time.time_ns() // 1000
    with RunningSimulator(symbols=MARKET, seed=11, history="2m") as simulator:
        # The view is there before topic and schema are.
        observer = observe(settings(stream, broker.bootstrap, database_url), began, SYMBOLS)
        seen(observer, lambda shown: "no topic" in shown.kafka.reason, "the topic to be missed")
        seen(observer, lambda shown: "migrate" in shown.database.reason, "the schema to be missed")
        with Pipeline(
            simulator,
            broker.bootstrap,
            database_url,
            stream,
            workshop / stream.name,
            ",".join(SYMBOLS),
            shards=1,
            producer={"start_from": "60s"},
            job={"detectors": DETECTORS},
        ) as pipeline:
            pipeline.start()
            live = time.time_ns() // 1000
            observer.mark_live(live)
            shown = seen(
                observer,
                lambda shown: shown.health.total.trades >= 500 and bool(shown.alerts) and shown.window is not None,
                "500 measured trades, a window and an alert",
                120,
            )
            assert (shown.kafka.up, shown.database.up) == (True, True)
            assert [symbol.symbol for symbol in shown.symbols] == list(SYMBOLS)
            bitcoin, _, halted = shown.symbols
            assert bitcoin.condition == "live"
            assert bitcoin.price is not None
            assert bitcoin.age is not None
            assert bitcoin.age < 10
            assert bitcoin.vwap == pytest.approx(float(bitcoin.price), rel=0.2)
            assert bitcoin.volatility is not None
            assert len(bitcoin.trend) > 10
            assert bitcoin.quote_volume is not None
            assert bitcoin.quote_volume > 0
            assert (halted.condition, halted.price) == ("quiet", None)
            assert shown.window == 8.0
            # The simulated market's rates of 60 and 40 a second come in bursts.
            assert 10 < shown.health.trades_per_second < 1000
            assert shown.health.gaps == 0
            assert shown.health.unreadable == 0
            assert shown.health.batch_seconds is not None
            assert shown.alerts[0].symbol in SYMBOLS

            pipeline.stop_producers()
            seen(observer, lambda shown: shown.health.behind_trades == 0, "the job to catch up")
            expected = latencies(broker.bootstrap, database_url, stream, live)
            until(lambda: observer.latency().trades == len(expected), lambda: f"{len(expected)} trades to be measured")
            total = observer.latency()
            assert total.maximum == max(expected) / SECOND
            middle = sorted(expected)[(len(expected) + 1) // 2 - 1] / SECOND
            assert total.p50 == pytest.approx(middle, abs=0.0011)


def test_the_view_goes_on_while_kafka_or_the_database_is_away(
    own_broker: Broker,
    own_database_server: Database,
    stream: StreamName,
    observe: Callable[..., StreamObserver],
) -> None:
    url = own_database_server.url()
    create_topics(own_broker.bootstrap, stream, 2)
    migrate(url)
    tape = Tape(own_broker.bootstrap, stream)
    tape.trades(("BTCUSDT",), start=0, seconds=1)
    observer = observe(settings(stream, own_broker.bootstrap, url), EPOCH)
    observer.mark_live(EPOCH)
    commit(url, stream, 1, last_id=10, at=EPOCH + 2 * SECOND)
    shown = seen(observer, lambda shown: shown.health.total.trades == 10, "the first batch")
    assert shown.health.behind_trades == 10
    assert shown.symbols[0].symbol == "BTCUSDT"

    own_database_server.kill()
    shown = seen(observer, lambda shown: shown.database.up is False, "the database's end to be noticed")
    assert shown.database.reason
    assert shown.symbols[0].price is not None, "what is known stays"
    own_database_server.start()
    seen(observer, lambda shown: shown.database.up is True, "the database to be back")
    commit(url, stream, 2, last_id=15, at=EPOCH + 3 * SECOND)
    seen(observer, lambda shown: shown.health.total.trades == 15, "the batch after the outage")

    own_broker.kill()
    shown = seen(observer, lambda shown: shown.kafka.up is False, "Kafka's end to be noticed")
    assert "nothing answers" in shown.kafka.reason
    own_broker.start()
    seen(observer, lambda shown: shown.kafka.up is True, "Kafka to be back")
    later = Tape(own_broker.bootstrap, stream)
    later.resume({"BTCUSDT": 21}, EPOCH + SECOND)
    later.trades(("BTCUSDT",), start=2, seconds=1)
    commit(url, stream, 3, last_id=40, at=EPOCH + 4 * SECOND)
    shown = seen(observer, lambda shown: shown.health.total.trades == 40, "the trades after the outage")
    assert shown.health.behind_trades == 0
    assert shown.health.unreadable == 0


def latencies(bootstrap: str, url: str, stream: StreamName, live: int) -> list[int]:
    """Of each trade sent live, in microseconds, from topic and ledger at rest."""
    trades = [json.loads(message.value() or b"") for message in read_topic(bootstrap, stream.trades_topic)]
    batches = [
        (int(row["at"]), row["positions"])
        for row in rows(
            url, "SELECT extract(epoch FROM committed_at) * 1000000 AS at, positions FROM crypto_batches ORDER BY 1"
        )
    ]
    return [
        next(at for at, positions in batches if (positions.get(trade["symbol"]) or -1) >= trade["id"])
        - trade["eventTime"]
        for trade in trades
        if trade["type"] == "trade" and not trade["backfilled"] and trade["eventTime"] >= live
    ]


def commit(url: str, stream: StreamName, batch: int, last_id: int, at: int) -> None:
    """A batch of the ledger as the job would write it."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crypto_batches VALUES (%s, 'checkpoint', %s, 1, to_timestamp(%s), 1, 0, 0, %s)",
            (str(stream), batch, at // SECOND, json.dumps({"BTCUSDT": last_id})),
        )
    connection.close()
