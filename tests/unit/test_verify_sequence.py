"""The verifier's rules of the topic: each broken one is named with its symbol and id."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream_model.records import Gap, Progress, Record, Trade
from cryptostream_model.streams import partition_of
from cryptostream_verify.findings import Findings
from cryptostream_verify.record_columns import RecordColumns
from cryptostream_verify.sequence_check import check_sequence
from cryptostream_verify.workspace import insert_records, open_workspace
from harness.naive_stream import START, market
from harness.verify_world import found, workspace_of

MARKET = market("BTCUSDT", 1, seconds=20)


def check(records: list[Record], beginning: int = 0) -> Findings:
    findings = Findings()
    with workspace_of(records) as workspace:
        check_sequence(workspace, {0: beginning}, findings)
    return findings


def trade_at(records: list[Record], index: int) -> int:
    """Position of the trade with this index."""
    return [place for place, record in enumerate(records) if isinstance(record, Trade)][index]


def test_a_lively_market_is_in_order() -> None:
    findings = check(MARKET)
    assert findings.passed, found(findings)
    trades = sum(isinstance(record, Trade) for record in MARKET)
    assert findings.checked["BTCUSDT"] == {"trades": trades, "gaps": 1, "missing ids": 5}


def test_a_removed_trade_is_named() -> None:
    place = trade_at(MARKET, 10)
    removed = MARKET[place]
    assert isinstance(removed, Trade)
    findings = check(MARKET[:place] + MARKET[place + 1 :])
    assert ("trade missing", "BTCUSDT", f"id {removed.id}", "id", "1 records", "nothing") in found(findings)


def test_a_removed_gap_is_named_with_its_ids() -> None:
    gap = next(record for record in MARKET if isinstance(record, Gap))
    findings = check([record for record in MARKET if record is not gap])
    expected = ("trade missing", "BTCUSDT", f"ids {gap.from_id} to {gap.to_id}", "id", "5 records", "nothing")
    assert found(findings) == [expected]


def test_a_duplicated_trade_is_named_once() -> None:
    place = trade_at(MARKET, 10)
    again = MARKET[place]
    assert isinstance(again, Trade)
    findings = check([*MARKET, replace(again, clock=MARKET[-1].clock)])
    subject = f"id {again.id} at partition 0 offset {len(MARKET)}"
    assert found(findings) == [("trade duplicated", "BTCUSDT", subject, "id", "once", "again as a trade")]


def test_two_exchanged_trades_are_named_as_out_of_order() -> None:
    first = trade_at(MARKET, 10)
    second = trade_at(MARKET, 11)
    records = list(MARKET)
    records[first], records[second] = records[second], records[first]
    kinds = {difference.kind: difference for difference in check(records).differences}
    early = records[second]
    assert isinstance(early, Trade)
    assert kinds["trade out of order"].subject.startswith(f"id {early.id} at ")
    assert "trade missing" not in kinds
    assert "trade duplicated" not in kinds


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("clock falls", lambda trade: replace(trade, clock=trade.clock - 10_000_000)),
        ("clock is not the running maximum", lambda trade: replace(trade, clock=trade.clock + 1)),
    ],
)
def test_a_wrong_clock_is_named(kind: str, change: Callable[[Trade], Trade]) -> None:
    place = trade_at(MARKET, 12)
    trade = MARKET[place]
    assert isinstance(trade, Trade)
    records = [*MARKET[:place], change(trade), *MARKET[place + 1 :]]
    assert any(d.kind == kind and d.subject.endswith(f" offset {place}") for d in check(records).differences)


def test_the_first_clock_must_be_the_trades_time_unless_the_head_was_cut() -> None:
    trade = Trade("x", "S", "t", 1, "1", "1", "buy", 1, START, START, START + 5, False)
    assert check([trade]).totals == {"first clock is not the trade's time": 1}
    assert check([trade], beginning=17).passed


def test_a_changed_feed_is_named() -> None:
    last = MARKET[-1].clock
    findings = check([*MARKET, Progress("binance", "BTCUSDT", "trade", last)])
    assert findings.totals == {"exchange or feed changes": 1}


def test_timestamp_key_and_partition_must_fit_the_record() -> None:
    columns = RecordColumns()
    progress = Progress("x", "BTCUSDT", "t", START)
    home = partition_of("BTCUSDT", 3)
    columns.append((home + 1) % 3, 0, START // 1000 + 1, b"ETHUSDT", progress.to_json())
    findings = Findings()
    with open_workspace() as workspace:
        insert_records(workspace, columns.take())
        check_sequence(workspace, {0: 0, 1: 0, 2: 0}, findings)
    assert findings.totals == {
        "Kafka timestamp is not the clock": 1,
        "key is not the symbol": 1,
        "record in the wrong partition": 1,
    }


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.sampled_from(["remove", "repeat", "move"]))
def test_any_single_fault_in_the_ids_is_found(index: int, fault: str) -> None:
    ids = [place for place, record in enumerate(MARKET) if not isinstance(record, Progress)]
    place = ids[1 + index % (len(ids) - 2)]
    records = list(MARKET)
    if fault == "remove":
        del records[place]
    elif fault == "repeat":
        records.insert(place + 1, records[place])
    else:
        records.append(records.pop(place))
    assert not check(records).passed


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (None, "not JSON"),
        (b'{"v":2,"type":"trade"}', "schema version 2 is newer than 1"),
        (b'{"type":"trade"}', "no known schema version"),
        (b'{"v":1,"type":"quote","exchange":"x","symbol":"S","feed":"t","clock":1}', "unknown type"),
        (b'{"v":1,"type":"progress","exchange":"x","symbol":"S","feed":"t"}', "field 'clock' is missing"),
    ],
)
def test_an_unreadable_record_is_counted_by_its_reason(value: bytes | None, reason: str) -> None:
    columns = RecordColumns()
    columns.append(0, 0, 0, None, value)
    assert columns.unreadable == {reason: 1}
    assert columns.take().num_rows == 0


@pytest.mark.parametrize(
    "change",
    [
        {"price": "0.00"},
        {"price": "1e5"},
        {"quantity": 1.5},
        {"side": "none"},
        {"id": -1},
        {"time": 10**18},
        {"id": True},
    ],
)
def test_a_trade_with_an_absurd_field_is_unreadable(change: dict[str, Any]) -> None:
    trade = Trade("x", "S", "t", 1, "1", "1", "buy", 1, START, START, START, False)
    columns = RecordColumns()
    columns.append(0, 0, 0, None, replace(trade, **change).to_json())
    assert columns.unreadable.total() == 1
