"""Retention: what is deleted, what stays, and who does it on which kind of database."""

from datetime import UTC, datetime, timedelta

import pytest

from cryptostream_job.model import Geometry
from cryptostream_sql.migrate import migrate, migrate_with
from cryptostream_sql.settings import DatabaseSettings, Retention
from harness.database import rows, value
from harness.panes import EPOCH, SECOND, random_panes, store_panes, store_symbol
from harness.sql import FlavouredDatabase, insert, run

pytestmark = pytest.mark.integration

STREAM = "test/s"
HOUR = 3600 * SECOND
NOW = 1_700_000_000 * SECOND // HOUR * HOUR


def at(time: int) -> str:
    return f"'{EPOCH + timedelta(microseconds=time)}'"


def kept(url: str) -> dict[str, timedelta | None]:
    return {row["kept"]: row["for"] for row in rows(url, "SELECT * FROM crypto_retention")}


def batch(checkpoint: str, number: int, age: timedelta) -> dict[str, object]:
    return {
        "stream": STREAM,
        "checkpoint": checkpoint,
        "batch_id": number,
        "epoch": 1,
        "committed_at": datetime.now(UTC) - age,
        **dict.fromkeys(("changed_panes", "closed_windows", "alerts"), 0),
        "positions": "{}",
    }


def test_panes_and_rollups_go_by_whole_hours_when_they_are_too_old(database_url: str) -> None:
    migrate(database_url, retention=Retention(panes=timedelta(days=1), rollups=timedelta(days=2)))
    store_symbol(database_url, STREAM, "BTCUSDT", NOW, NOW)
    start = NOW - 50 * HOUR
    minutes = Geometry(pane=60 * SECOND, slide=60 * SECOND, window=120 * SECOND, allowed_lateness=0)
    panes = random_panes(1, "BTCUSDT", start, 50 * 60, minutes)
    store_panes(database_url, STREAM, panes, minutes)
    run(database_url, f"SELECT crypto_refresh_rollups('{STREAM}', '-infinity', 'infinity')")

    deleted = value(database_url, f"SELECT crypto_apply_retention({at(NOW + HOUR // 2)})")

    assert deleted > 0
    assert value(database_url, "SELECT min(pane_start) FROM crypto_panes") == value(
        database_url, f"SELECT {at(NOW - 24 * HOUR)}::timestamptz"
    )
    assert value(database_url, "SELECT count(*) FROM crypto_panes") == sum(
        pane.start >= NOW - 24 * HOUR for pane in panes
    )
    for name in ("1m", "5m", "1h", "sizes_1m", "sizes_5m", "sizes_1h"):
        assert value(database_url, f"SELECT extract(epoch FROM min(bucket))::bigint FROM crypto_rollup_{name}") == (
            (NOW - 48 * HOUR) // SECOND
        )
    assert value(database_url, f"SELECT crypto_apply_retention({at(NOW + HOUR // 2)})") == 0


def test_the_ledger_loses_old_batches_but_never_a_checkpoints_last(migrated_database: FlavouredDatabase) -> None:
    old, young = timedelta(days=8), timedelta(days=6)
    batches = [batch("a", 1, old), batch("a", 2, old), batch("b", 1, old), batch("b", 2, young), batch("b", 3, young)]
    insert(migrated_database.url, "crypto_batches", batches)
    assert value(migrated_database.url, "SELECT crypto_apply_retention(now())") == 2
    left = rows(migrated_database.url, "SELECT checkpoint, batch_id FROM crypto_batches ORDER BY 1, 2")
    assert [(row["checkpoint"], row["batch_id"]) for row in left] == [("a", 2), ("b", 2), ("b", 3)]


def test_old_gaps_go_with_the_alerts(migrated_database: FlavouredDatabase) -> None:
    gaps = [
        {"stream": STREAM, "symbol": "BTCUSDT", "from_id": days, "exchange": "binance", "to_id": days, "reason": "x"}
        | {"clock": EPOCH + timedelta(microseconds=NOW) - timedelta(days=days)}
        for days in (89, 91)
    ]
    insert(migrated_database.url, "feed_gaps", gaps)
    run(migrated_database.url, f"SELECT crypto_apply_retention({at(NOW)})")
    assert rows(migrated_database.url, "SELECT from_id FROM feed_gaps") == [{"from_id": 89}]


def test_retention_that_is_off_deletes_nothing(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    migrate(url, retention=Retention(None, None, None, None))
    store_symbol(url, STREAM, "BTCUSDT", NOW, NOW)
    store_panes(url, STREAM, random_panes(1, "BTCUSDT", NOW, 10))
    insert(url, "crypto_batches", [batch("a", number, timedelta(days=999)) for number in (1, 2)])
    assert value(url, "SELECT crypto_apply_retention('2100-01-01')") == 0
    assert value(url, "SELECT count(*) FROM crypto_batches") == 2


def test_migrating_writes_the_settings_and_without_any_leaves_what_there_is(
    empty_database: FlavouredDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_database.url
    week, quarter = timedelta(days=7), timedelta(days=90)
    migrate(url)
    assert kept(url) == {"panes": week, "windows": week, "rollups": quarter, "alerts": quarter}

    monkeypatch.setenv("CRYPTOSTREAM_DATABASE_URL", url)
    monkeypatch.setenv("CRYPTOSTREAM_PANES_RETENTION", "1d")
    monkeypatch.setenv("CRYPTOSTREAM_ALERTS_RETENTION", "off")
    assert migrate_with(DatabaseSettings.load()) == []
    expected = {"panes": timedelta(days=1), "windows": week, "rollups": quarter, "alerts": None}
    assert kept(url) == expected

    migrate(url)
    assert kept(url) == expected
