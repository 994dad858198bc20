"""`cryptostream verify` passes on a right stream and names each single corruption of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cryptostream_local.broker import Broker
from cryptostream_model.records import Gap, Progress, Record, Trade
from cryptostream_model.streams import StreamName, partition_of
from harness.kafka import delete_records_before
from harness.naive_stream import SECOND
from harness.stored_world import PARTITIONS, World, at

pytestmark = pytest.mark.integration

SYMBOL = "BTCUSDT"


@pytest.fixture
def world(broker: Broker, database_url: str, stream: StreamName) -> World:
    """A stream whose database is right; its topic is still empty."""
    built = World(stream, broker.bootstrap, database_url)
    built.store()
    return built


@pytest.fixture
def right_world(world: World) -> World:
    world.publish_all()
    return world


def kinds(report: dict[str, Any]) -> set[str]:
    return set(report["totals"])


def named(report: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [difference for difference in report["differences"] if difference["kind"] == kind]


def trades(world: World) -> list[Trade]:
    return [record for record in world.records[SYMBOL] if isinstance(record, Trade)]


def test_a_right_stream_is_verified_with_its_counts(right_world: World) -> None:
    status, report = right_world.verify()
    assert (status, report["differences"]) == (0, [])
    counts = report["checked"][SYMBOL]
    assert counts["trades"] == len(trades(right_world))
    assert counts["gaps"] == counts["gaps compared"] == 1
    assert counts["windows compared"] > 20
    assert counts["panes compared"] >= counts["windows compared"]
    assert counts["alerts compared"] > 0


def test_the_readable_report_says_what_was_checked(right_world: World) -> None:
    result = right_world.run()
    assert result.exit_code == 0
    assert f"{right_world.stream}: verified" in result.stdout
    assert "PEPEUSDT" in result.stdout


def _remove(records: list[Record], place: int) -> list[Record]:
    return records[:place] + records[place + 1 :]


def _repeat(records: list[Record], place: int) -> list[Record]:
    return [*records[: place + 1], records[place], *records[place + 1 :]]


def _exchange(records: list[Record], place: int) -> list[Record]:
    return [*records[:place], records[place + 1], records[place], *records[place + 2 :]]


@pytest.mark.parametrize(
    ("change", "kind"),
    [(_remove, "trade missing"), (_repeat, "trade duplicated"), (_exchange, "trade out of order")],
    ids=["removed", "duplicated", "out of order"],
)
def test_a_trade_removed_duplicated_or_out_of_order_is_named(
    world: World, change: Callable[[list[Record], int], list[Record]], kind: str
) -> None:
    records = world.records[SYMBOL]
    places = range(len(records) // 2, len(records))
    place = next(p for p in places if isinstance(records[p], Trade) and isinstance(records[p + 1], Trade))
    trade = records[place]
    assert isinstance(trade, Trade)
    world.publish(change(records, place))
    world.publish(world.records["PEPEUSDT"])
    status, report = world.verify()
    assert status == 1
    [difference] = named(report, kind)
    assert difference["symbol"] == SYMBOL
    assert difference["subject"].startswith(f"id {trade.id}")


def test_a_gap_missing_from_the_topic_is_named(world: World) -> None:
    gap = next(record for record in world.records[SYMBOL] if isinstance(record, Gap))
    world.publish(record for record in world.records[SYMBOL] if record is not gap)
    world.publish(world.records["PEPEUSDT"])
    status, report = world.verify()
    assert status == 1
    assert [d["subject"] for d in named(report, "trade missing")] == [f"ids {gap.from_id} to {gap.to_id}"]
    assert [d["subject"] for d in named(report, "gap not in the topic")] == [f"gap from id {gap.from_id}"]


WINDOW = "(SELECT max(window_end) - interval '10 s' FROM crypto_windows WHERE symbol = 'BTCUSDT')"
ONE_WINDOW_MORE = """INSERT INTO crypto_windows SELECT (jsonb_populate_record(w, jsonb_build_object(
    'window_end', window_end + interval '2 s', 'window_start', window_start + interval '2 s'))).*
    FROM crypto_windows w WHERE symbol = 'BTCUSDT' ORDER BY window_end DESC LIMIT 1"""
ALERT = "id = (SELECT max(id) FROM crypto_alerts WHERE symbol = 'BTCUSDT')"
ONE_ALERT_MORE = f"""INSERT INTO crypto_alerts SELECT (jsonb_populate_record(a, '{{"id": "one-too-many"}}')).*
    FROM crypto_alerts a WHERE {ALERT}"""
PANE = "(SELECT max(pane_start) - interval '10 s' FROM crypto_panes WHERE symbol = 'BTCUSDT')"


@pytest.mark.parametrize(
    ("statement", "kind", "column"),
    [
        (
            f"UPDATE crypto_windows SET vwap = vwap * (1 + 2e-9) WHERE symbol = 'BTCUSDT' AND window_end = {WINDOW}",
            "window differs",
            "vwap",
        ),
        (
            f"UPDATE crypto_windows SET close = close + 1e-18 WHERE symbol = 'BTCUSDT' AND window_end = {WINDOW}",
            "window differs",
            "close",
        ),
        (
            f"UPDATE crypto_windows SET realized_volatility = NULL WHERE symbol = 'BTCUSDT' AND window_end = {WINDOW}",
            "window differs",
            "realized_volatility",
        ),
        (f"DELETE FROM crypto_windows WHERE symbol = 'BTCUSDT' AND window_end = {WINDOW}", "window missing", None),
        (
            ONE_WINDOW_MORE,
            "window not in the topic",
            None,
        ),
        (
            f"UPDATE crypto_panes SET trades = trades + 1 WHERE symbol = 'BTCUSDT' AND pane_start = {PANE}",
            "pane differs",
            "trades",
        ),
        (
            f"UPDATE crypto_panes SET trade_sizes[1] = 99 WHERE symbol = 'BTCUSDT' AND pane_start = {PANE}",
            "pane differs",
            "trade_sizes",
        ),
        (
            f"UPDATE crypto_panes SET closed = false WHERE symbol = 'BTCUSDT' AND pane_start = {PANE}",
            "pane differs",
            "closed",
        ),
        (f"DELETE FROM crypto_panes WHERE symbol = 'BTCUSDT' AND pane_start = {PANE}", "pane missing", None),
        ("DELETE FROM feed_gaps WHERE symbol = 'BTCUSDT'", "gap missing", None),
        ("UPDATE feed_gaps SET to_id = to_id + 1 WHERE symbol = 'BTCUSDT'", "gap differs", "to_id"),
        ("DELETE FROM crypto_symbols WHERE symbol = 'BTCUSDT'", "symbol missing", None),
        (
            "UPDATE crypto_symbols SET origin = origin - interval '2 s' WHERE symbol = 'BTCUSDT'",
            "symbol differs",
            "origin",
        ),
        (f"DELETE FROM crypto_alerts WHERE {ALERT}", "alert missing", "state"),
        (
            f"UPDATE crypto_alerts SET score = score * (1 + 2e-8) WHERE {ALERT}",
            "alert differs",
            "score",
        ),
        (
            f"UPDATE crypto_alerts SET state = 'open' WHERE {ALERT}",
            "alert left open",
            "state",
        ),
        (
            f"UPDATE crypto_alerts SET revision = 2 WHERE {ALERT}",
            "alert published differently",
            "revision",
        ),
        (
            ONE_ALERT_MORE,
            "alert not in the windows",
            "state",
        ),
    ],
)
def test_a_corrupted_row_is_named(right_world: World, statement: str, kind: str, column: str | None) -> None:
    assert right_world.execute(statement) == 1
    status, report = right_world.verify()
    assert status == 1
    [difference] = named(report, kind)
    assert (difference["symbol"], difference["column"]) == (SYMBOL, column)
    assert difference["expected"] != difference["found"]


def test_a_last_digit_within_the_tolerance_is_no_difference(right_world: World) -> None:
    right_world.execute("UPDATE crypto_windows SET volume = volume * (1 + 5e-10), vwap = vwap * (1 - 5e-10)")
    right_world.execute("UPDATE crypto_panes SET m2_price = m2_price * (1 + 5e-10)")
    assert right_world.verify()[0] == 0


def test_panes_of_before_trades_were_counted_by_size_are_right(right_world: World) -> None:
    assert right_world.execute(f"UPDATE crypto_panes SET trade_sizes = NULL WHERE pane_start = {PANE}") > 0
    assert right_world.verify()[0] == 0


def test_a_job_that_is_behind_fails_unless_lag_is_allowed(right_world: World) -> None:
    right_world.publish([_later(right_world, 60 * SECOND)])
    status, report = right_world.verify()
    assert (status, kinds(report)) == (1, {"database behind the topic"})
    assert right_world.verify("--allow-lag")[0] == 0


def test_waiting_ends_when_the_time_is_up(right_world: World) -> None:
    right_world.publish([_later(right_world, 60 * SECOND)])
    assert right_world.verify("--wait", "0.2")[0] == 1


def test_aborted_and_open_transactions_are_not_read(world: World) -> None:
    producer = world.producer()
    producer.begin_transaction()
    world.produce(producer, trades(world)[:5])
    producer.abort_transaction(30)
    world.publish_all()
    unfinished = world.producer()
    unfinished.begin_transaction()
    world.produce(unfinished, [_later(world, SECOND)])
    assert world.verify()[0] == 0
    unfinished.abort_transaction(30)


def test_a_cut_head_narrows_what_is_compared_by_value(right_world: World) -> None:
    partition = partition_of(SYMBOL, PARTITIONS)
    topic = right_world.stream.trades_topic
    delete_records_before(right_world.bootstrap, {(topic, partition): 60})
    status, report = right_world.verify()
    assert (status, report["differences"]) == (0, [])
    assert any("retention has cut the topic's head" in note for note in report["notes"])
    assert any("folded over stored panes and windows" in note for note in report["notes"])
    right_world.execute(
        "DELETE FROM crypto_windows WHERE symbol = %s AND window_end = (SELECT min(window_end) FROM crypto_windows)",
        SYMBOL,
    )
    status, report = right_world.verify()
    assert (status, kinds(report)) == (1, {"window missing"})


def test_what_the_databases_retention_removed_is_missing_unless_said(right_world: World) -> None:
    middle = at(right_world.records[SYMBOL][100].clock)
    right_world.execute("DELETE FROM crypto_windows WHERE window_end < %s", middle)
    right_world.execute("DELETE FROM crypto_panes WHERE pane_end < %s", middle)
    status, report = right_world.verify()
    assert (status, kinds(report)) == (1, {"pane missing", "window missing"})
    assert right_world.verify("--from-oldest-stored")[0] == 0


def test_the_stored_lengths_win_over_the_settings_and_it_says_so(right_world: World) -> None:
    status, report = right_world.verify(CRYPTOSTREAM_SLIDE="4s", CRYPTOSTREAM_PANE="2s", CRYPTOSTREAM_WINDOW="8s")
    assert status == 0
    expected = "CRYPTOSTREAM_SLIDE is 4 s, the job computed with 2 s: verified with the latter"
    assert expected in report["notes"]


def test_unreadable_records_are_reported_and_do_not_fail(right_world: World) -> None:
    broken = replace(_later(right_world, 0), symbol="")
    right_world.publish([broken])
    status, report = right_world.verify()
    assert status == 0
    assert any("1 records of the topic are unreadable" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CRYPTOSTREAM_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none"),
        ("CRYPTOSTREAM_NAME", "never-started"),
        ("CRYPTOSTREAM_PANE", "7"),
        ("CRYPTOSTREAM_WINDOW", "7s"),
        ("CRYPTOSTREAM_DETECTORS", '{"priceSpike":{"threshold":-1}}'),
    ],
)
def test_unusable_settings_and_unreachable_parts_exit_with_2(world: World, variable: str, value: str) -> None:
    result = world.run(**{variable: value})
    assert result.exit_code == 2, result.output
    assert result.stderr.strip()
    assert "secret" not in result.stderr


def _later(world: World, microseconds: int) -> Progress:
    return Progress("binance", SYMBOL, "aggTrade", world.records[SYMBOL][-1].clock + microseconds)
