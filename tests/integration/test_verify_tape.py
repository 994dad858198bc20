"""`cryptostream verify --tape` compares every trade of the topic with what the simulated exchange traded."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cryptostream_local.broker import Broker
from cryptostream_model.records import Gap, Record, Trade
from cryptostream_model.streams import StreamName
from harness.simulator import RunningSimulator
from harness.stored_world import World

pytestmark = pytest.mark.integration

SYMBOL = "BTCUSDT"


@pytest.fixture(scope="module")
def exchange() -> Iterator[RunningSimulator]:
    with RunningSimulator(symbols=f"{SYMBOL}:20", history="30s", seed=5) as simulator:
        yield simulator


def traded(exchange: RunningSimulator) -> list[Record]:
    """The first trades of the tape, as a producer would write them."""
    clock, records = 0, list[Record]()
    for row in exchange.tape(SYMBOL)[:200]:
        clock = max(clock, row["time"])
        amounts = (row["price"], row["quantity"], row["side"], row["fills"])
        records.append(
            Trade("binance", SYMBOL, "aggTrade", row["id"], *amounts, row["time"], row["time"], clock, False)
        )
    return records


def verified(
    broker: Broker, database_url: str, stream: StreamName, exchange: RunningSimulator, records: list[Record]
) -> tuple[int, dict[str, Any]]:
    """The verdict on a stream that is right but for what differs from the tape."""
    world = World(stream, broker.bootstrap, database_url, {SYMBOL: records})
    world.store()
    world.publish_all()
    return world.verify("--tape", exchange.rest)


def test_a_topic_equal_to_the_tape_passes(
    broker: Broker, database_url: str, stream: StreamName, exchange: RunningSimulator
) -> None:
    status, report = verified(broker, database_url, stream, exchange, traded(exchange))
    assert (status, report["differences"]) == (0, [])
    assert report["checked"][SYMBOL]["tape compared"] == 200


@pytest.mark.parametrize(
    ("column", "value"),
    [("price", "1.5"), ("quantity", "12345"), ("fills", 99), ("side", None)],
)
def test_an_altered_trade_is_named(
    broker: Broker, database_url: str, stream: StreamName, exchange: RunningSimulator, column: str, value: Any
) -> None:
    records = traded(exchange)
    trade = records[100]
    assert isinstance(trade, Trade)
    change: dict[str, Any] = {column: value or ("buy" if trade.side == "sell" else "sell")}
    records[100] = replace(trade, **change)
    status, report = verified(broker, database_url, stream, exchange, records)
    assert status == 1
    assert [(d["kind"], d["symbol"], d["subject"], d["column"]) for d in report["differences"]] == [
        ("trade differs from the tape", SYMBOL, f"id {trade.id}", column)
    ]


def test_the_ids_of_gaps_are_listed_and_not_missed(
    broker: Broker, database_url: str, stream: StreamName, exchange: RunningSimulator
) -> None:
    records = traded(exchange)
    first, before = records[50], records[49]
    assert isinstance(first, Trade)
    gap = Gap("binance", SYMBOL, "aggTrade", first.id, first.id + 2, "unavailable", before.clock)
    status, report = verified(broker, database_url, stream, exchange, [*records[:50], gap, *records[53:]])
    assert (status, report["differences"]) == (0, [])
    expected = f"{SYMBOL}: gap of ids {gap.from_id} to {gap.to_id} (unavailable); the tape has 3 of them"
    assert expected in report["notes"]


def test_a_trade_that_never_happened_is_named(
    broker: Broker, database_url: str, stream: StreamName, exchange: RunningSimulator
) -> None:
    records = traded(exchange)
    last = records[-1]
    assert isinstance(last, Trade)
    invented = replace(last, id=10**12)
    gap = Gap("binance", SYMBOL, "aggTrade", last.id + 1, 10**12 - 1, "unavailable", last.clock)
    status, report = verified(broker, database_url, stream, exchange, [*records, gap, invented])
    assert status == 1
    assert [(d["kind"], d["subject"]) for d in report["differences"]] == [("trade not on the tape", f"id {10**12}")]


def test_an_exchange_that_does_not_answer_exits_with_2(
    broker: Broker, database_url: str, stream: StreamName, exchange: RunningSimulator
) -> None:
    world = World(stream, broker.bootstrap, database_url, {SYMBOL: traded(exchange)})
    world.store()
    world.publish_all()
    result = world.run("--tape", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "the tape of BTCUSDT at http://127.0.0.1:1" in result.stderr
