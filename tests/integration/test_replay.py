"""A recorded feed, served again, reaches the trades topic through the real producer exactly as it was traded."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from cryptostream_local.broker import Broker
from cryptostream_local.topics import create_topics
from cryptostream_model.records import Trade
from cryptostream_model.streams import StreamName
from harness.producer import RunningProducer
from harness.recorder import RunningRecorder
from harness.shared_data import shared_data
from harness.simulator import RunningSimulator
from harness.trade_topic import SymbolRecords, check_complete
from harness.waiting import until

pytestmark = pytest.mark.integration

PARTITIONS = 2
START = 1_765_293_580_000_000
"""2025-12-09 15:19:40, shortly before the first of the real trades."""


def replay(path: Path, *options: str) -> RunningSimulator:
    return RunningSimulator(["-m", "cryptostream_recorder", "replay", str(path), *options])


def produced(broker: Broker, stream: StreamName, exchange: RunningSimulator, **settings: object) -> RunningProducer:
    create_topics(broker.bootstrap, stream, PARTITIONS)
    given = {
        "namespace": stream.namespace,
        "name": stream.name,
        "kafka_bootstrap": broker.bootstrap,
        "symbols": ",".join(exchange.ready["symbols"]),
        "exchange": exchange.ready["exchange"],
        "websocket_url": exchange.ws,
        "rest_url": exchange.rest,
        "partitions": PARTITIONS,
        "heal_retry": "400ms",
    }
    return RunningProducer(**{**given, **settings})


def topic_at_the_end(
    broker: Broker,
    stream: StreamName,
    exchange: RunningSimulator,
    gaps: dict[str, list[tuple[int, int, str]]],
    feed: str = "aggTrade",
) -> dict[str, SymbolRecords]:
    """The topic's records once the recording has been played and written; each is as on the tape."""
    with produced(broker, stream, exchange) as producer:
        until(lambda: exchange.state()["now"] > exchange.state()["tapeEnd"], "the end of the recording", 60)
        end = exchange.state()["tapeEnd"] / 1e6
        for symbol in exchange.ready["symbols"]:
            clock = partial(producer.metric, f'clock_seconds{{symbol="{symbol}"}}')
            until(partial(_beyond, end, clock), f"{symbol} to be written", 60)
        assert producer.stop() == 0, producer.log()
    name = exchange.ready["exchange"]
    return check_complete(broker.bootstrap, stream, exchange, PARTITIONS, gaps, feed, name)


def _beyond(end: float, clock: Callable[[], float]) -> bool:
    return clock() > end


@pytest.mark.parametrize(
    ("market", "busy", "quiet", "feed"),
    [
        ({"symbols": "BTCUSDT:60,ETHUSDT:20"}, "BTCUSDT", "ETHUSDT", "aggTrade"),
        ({"symbols": "BTC-USD:30,ETH-USD:10", "exchange": "coinbase"}, "BTC-USD", "ETH-USD", "matches"),
    ],
    ids=["binance", "coinbase"],
)
def test_a_recording_reaches_the_topic_as_it_was_traded_but_for_what_could_not_be_had(
    broker: Broker, stream: StreamName, tmp_path: Path, market: dict[str, str], busy: str, quiet: str, feed: str
) -> None:
    path = tmp_path / "feed.ndjson.gz"
    symbols = (busy, quiet)
    with RunningSimulator(history="30s", seed=9, **market) as exchange:
        chosen = ("--symbols", ",".join(symbols), "--exchange", exchange.ready["exchange"])
        with RunningRecorder(path, exchange, *chosen, heal_retry="400ms") as recorder:
            recorder.wait_for_trades(exchange, 80)
            exchange.fault({"kind": "drop", "count": 5, "probability": 0.2})
            exchange.fault({"kind": "cut"})
            until(lambda: exchange.state()["connections"], "the recorder to reconnect")
            recorder.wait_for_trades(exchange, 40)
            lost = exchange.fault({"kind": "rest_missing", "symbol": quiet, "next": 2, "on_stream": True})
            recorder.wait_for_trades(exchange, 150)
            until(lambda: "not to be had" in recorder.log(), "the recorder to miss the two ids")
            told = recorder.stop()["symbols"]
        truth = {
            symbol: exchange.tape(symbol, told[symbol]["firstId"], told[symbol]["lastId"], feed) for symbol in symbols
        }
    gap = (lost["from_id"], lost["to_id"])
    assert [(hole["fromId"], hole["toId"]) for hole in told[quiet]["missing"]] == [gap]
    with replay(path, "--speed", "3") as served:
        assert served.ready["exchange"] == exchange.ready["exchange"]
        records = topic_at_the_end(broker, stream, served, {quiet: [(*gap, "unavailable")]}, feed)
    for symbol, rows in truth.items():
        there = [row for row in rows if symbol == busy or not gap[0] <= row["id"] <= gap[1]]
        trades = records[symbol].trades
        assert [row["id"] for row in there] == [trade.id for trade in trades]
        assert [(Decimal(row["price"]), Decimal(row["quantity"]), row["side"]) for row in there] == [
            (Decimal(trade.price), Decimal(trade.quantity), trade.side) for trade in trades
        ]
        shift = trades[0].time - there[0]["time"]
        assert [row["time"] + shift for row in there] == [trade.time for trade in trades]


def test_the_real_trades_reach_the_topic_with_their_original_times(broker: Broker, stream: StreamName) -> None:
    source = shared_data("trades/quant-stream_btc_eth_10k.csv")
    volume: dict[str, Decimal] = defaultdict(Decimal)
    with source.open() as file:
        for row in csv.DictReader(file):
            volume[row["symbol"]] += Decimal(row["quantity"])
    with replay(source, "--speed", "8", "--original-time", "--lead-in", "20s") as served:
        records = topic_at_the_end(broker, stream, served, {})
    for symbol, expected in volume.items():
        trades: list[Trade] = records[symbol].trades
        assert sum(Decimal(trade.quantity) for trade in trades) == expected
        assert [trade.id for trade in trades] == list(range(1, len(trades) + 1))
        assert START <= trades[0].time < trades[-1].time <= START + 39 * 1_000_000
    assert sum(len(each.trades) for each in records.values()) == 10_000


def test_a_recording_that_cannot_be_read_ends_the_replay_with_2(tmp_path: Path) -> None:
    path = tmp_path / "broken.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"recording":"cryptostream","version":9}\n'))
    with pytest.raises(RuntimeError, match=r"status 2\):\n.*line 1: the header's field 'exchange' is missing"):
        replay(path)


def test_a_cut_off_file_is_served_up_to_there_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "cut.ndjson"
    event = {"s": "BTCUSDT", "p": "1", "q": "1", "T": 1_700_000_000_000, "m": True}
    lines = [json.dumps({**event, "a": number, "f": number, "l": number}) for number in range(1, 6)]
    path.write_text("\n".join(lines)[:-9])
    with replay(path, "--speed", "100") as served:
        until(lambda: served.state()["now"] > served.state()["tapeEnd"], "the end of the recording")
        assert [row["id"] for row in served.tape("BTCUSDT")] == [1, 2, 3, 4]
        assert "the file ends in the middle: it was read up to line 5" in served.log()
