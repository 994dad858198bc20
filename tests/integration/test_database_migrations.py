"""Migrations on both kinds of database: fresh, again, from every older version, and what refuses to go on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg2
import pytest

from cryptostream_sql import migrate as runner
from cryptostream_sql.catalogue import Flavour, Migration, known_migrations
from cryptostream_sql.migrate import migrate
from cryptostream_sql.schema import SchemaError, check_schema
from harness.database import rows, value
from harness.panes import random_panes, store_panes, store_symbol, store_writer
from harness.sql import FlavouredDatabase, run

pytestmark = pytest.mark.integration

START = 1_700_000_000_000_000 // 60_000_000 * 60_000_000
STEPS = [step.version for step in known_migrations("plain")]


def check(url: str) -> None:
    connection = psycopg2.connect(url)
    try:
        check_schema(connection)
    finally:
        connection.close()


def know_only(monkeypatch: pytest.MonkeyPatch, count: int, *more: Migration) -> None:
    """Make the runner one of an older version, or one that has more steps."""
    monkeypatch.setattr(runner, "known_migrations", lambda flavour: (*known_migrations(flavour)[:count], *more))


def columns(url: str) -> list[dict[str, Any]]:
    return rows(
        url,
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'public' AND (table_name LIKE 'crypto%%' OR table_name = 'feed_gaps') "
        "ORDER BY table_name, ordinal_position",
    )


def test_a_fresh_database_gets_every_step_and_then_fits_the_code(empty_database: FlavouredDatabase) -> None:
    titles = migrate(empty_database.url)
    assert titles == [step.title for step in known_migrations(empty_database.flavour)]
    check(empty_database.url)
    recorded = rows(empty_database.url, "SELECT DISTINCT flavour FROM crypto_migrations")
    assert recorded == [{"flavour": empty_database.flavour}]


def test_a_second_run_changes_nothing(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    before = rows(url, "SELECT * FROM crypto_migrations"), columns(url)
    assert migrate(url) == []
    assert (rows(url, "SELECT * FROM crypto_migrations"), columns(url)) == before


def test_both_flavours_show_the_same_columns(database_url: str, timescale_url: str) -> None:
    migrate(database_url)
    migrate(timescale_url)

    def shape(url: str) -> set[tuple[str, str, str]]:
        return {(each["table_name"], each["column_name"], each["data_type"]) for each in columns(url)}

    assert shape(database_url) == shape(timescale_url)


@pytest.mark.parametrize("count", STEPS[:-1])
def test_a_database_with_data_is_brought_up_from_every_older_version(
    empty_database: FlavouredDatabase, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    url = empty_database.url
    with monkeypatch.context() as patch:
        know_only(patch, count)
        assert len(migrate(url)) == count
    panes = [replace(pane, trade_sizes=None) for pane in random_panes(1, "BTCUSDT", START, 40)]
    store_writer(url, "test/s")
    store_symbol(url, "test/s", "BTCUSDT", START, START)
    store_panes(url, "test/s", panes)
    if count >= 3:
        run(url, "SELECT crypto_refresh_rollups('test/s', '-infinity', 'infinity')")
    with pytest.raises(
        SchemaError, match=rf"older than this code: it lacks 000{count + 1}_.*run `cryptostream migrate`"
    ):
        check(url)

    assert len(migrate(url)) == len(STEPS) - count

    check(url)
    assert value(url, "SELECT count(*) FROM crypto_panes") == len(panes)
    assert value(url, "SELECT sum(trades) FROM crypto_rollup_1h") == sum(pane.trades for pane in panes)
    assert value(url, "SELECT count(*) FROM crypto_windows_live") > 0
    assert value(url, "SELECT count(*) FROM crypto_rollup_sizes_1h") == 0


def test_a_database_without_a_schema_asks_for_the_migrations(database_url: str) -> None:
    with pytest.raises(SchemaError, match="no CryptoStream schema: run `cryptostream migrate`"):
        check(database_url)


def test_checking_leaves_no_transaction_open(database_url: str) -> None:
    migrate(database_url)
    connection = psycopg2.connect(database_url)
    check_schema(connection)
    assert connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    connection.close()


def test_a_schema_newer_than_the_code_is_neither_used_nor_touched(database_url: str) -> None:
    migrate(database_url)
    run(database_url, "INSERT INTO crypto_migrations VALUES (99, 'from_the_future', 'x', now(), 'plain')")
    with pytest.raises(SchemaError, match=r"newer than this code.*0099_from_the_future.*update this part"):
        check(database_url)
    with pytest.raises(SchemaError, match="newer than this code"):
        migrate(database_url)


def test_a_step_that_was_altered_after_it_was_applied_is_refused(database_url: str) -> None:
    migrate(database_url)
    run(database_url, "UPDATE crypto_migrations SET checksum = 'other' WHERE version = 2")
    with pytest.raises(SchemaError, match=r"0002_\w+ was applied to the database with another content"):
        migrate(database_url)
    with pytest.raises(SchemaError, match="another content"):
        check(database_url)


def test_a_step_that_fails_is_undone_and_named_and_the_next_run_goes_on(
    empty_database: FlavouredDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_database.url
    broken = Migration(len(STEPS) + 1, "broken", "CREATE TABLE crypto_half (x int); SELECT no_such_function()")
    with monkeypatch.context() as patch:
        know_only(patch, len(STEPS), broken)
        with pytest.raises(
            SchemaError, match=rf"{broken.version:04d}_broken failed and was undone: .*no_such_function"
        ):
            migrate(url)
    assert value(url, "SELECT to_regclass('crypto_half')") is None
    assert value(url, "SELECT max(version) FROM crypto_migrations") == len(STEPS)
    assert migrate(url) == []


def test_runners_that_start_together_apply_each_step_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        titles = [title for done in pool.map(lambda _: migrate(database_url), range(4)) for title in done]
    assert sorted(titles) == [step.title for step in known_migrations("plain")]


def test_a_migrated_database_cannot_change_its_flavour(migrated_database: FlavouredDatabase) -> None:
    other: Flavour = "timescale" if migrated_database.flavour == "plain" else "plain"
    with pytest.raises(SchemaError, match=rf"flavour {migrated_database.flavour} and cannot become {other}"):
        migrate(migrated_database.url, flavour=other)


def test_plain_can_be_chosen_where_timescale_could_be_had(timescale_url: str) -> None:
    migrate(timescale_url, flavour="plain")
    assert value(timescale_url, "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'") == 0
    assert migrate(timescale_url) == []


def test_asking_for_timescale_where_there_is_none_says_why(database_url: str) -> None:
    with pytest.raises(SchemaError, match=r"CRYPTOSTREAM_DATABASE_FLAVOUR = timescale.*does not have the extension"):
        migrate(database_url, flavour="timescale")
    assert value(database_url, "SELECT to_regclass('crypto_migrations')") is None
