"""Roles: the writer writes what the job writes, the reader reads, and neither can do more."""

import uuid
from collections.abc import Iterator

import psycopg2
import pytest
from structlog.testing import capture_logs

from cryptostream_local.database import Database
from cryptostream_sql.migrate import migrate
from cryptostream_sql.schema import SchemaError, check_schema
from harness.database import rows, value
from harness.panes import SECOND, store_symbol, store_writer
from harness.sql import FlavouredDatabase, run

pytestmark = pytest.mark.integration

START = 1_700_000_000 * SECOND
RELATIONS = [
    *("crypto_alert_outbox", "crypto_alerts", "crypto_batches", "crypto_batches_1h", "crypto_batches_1m"),
    *("crypto_detector_state", "crypto_migrations"),
    *("crypto_panes", "crypto_retention", "crypto_rollup_1h", "crypto_rollup_1m", "crypto_rollup_5m"),
    *("crypto_rollup_sizes_1h", "crypto_rollup_sizes_1m", "crypto_rollup_sizes_5m"),
    *("crypto_symbols", "crypto_windows", "crypto_windows_live", "crypto_writers", "feed_gaps"),
]
PANE = (
    "INSERT INTO crypto_panes VALUES ('test/s', 'BTCUSDT', '2023-11-14 22:13:20+00', 'binance', "
    "'2023-11-14 22:13:30+00', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
    "'2023-11-14 22:13:20+00', '2023-11-14 22:13:20+00', 0, {closed}) "
    "ON CONFLICT (stream, symbol, pane_start) DO UPDATE SET closed = excluded.closed"
)


@pytest.fixture
def login(database_url: str) -> Iterator[str]:
    """A login without rights on the server that ``database_url`` is on."""
    name = f"login_{uuid.uuid4().hex[:8]}"
    run(database_url, f"CREATE ROLE {name} LOGIN")
    yield name
    run(database_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def as_login(url: str, login: str) -> str:
    return url.replace("cryptostream@", f"{login}@")


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_reader_reads_every_table_and_view_and_the_list_is_complete(database_url: str, relation: str) -> None:
    migrate(database_url)
    run(database_url, f"SELECT * FROM {relation}", role="cryptostream_reader")
    existing = rows(
        database_url,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    assert [row["relname"] for row in existing] == RELATIONS


def test_the_reader_reads_on_timescale_too(timescale_url: str) -> None:
    migrate(timescale_url)
    run(timescale_url, PANE.format(closed=True), role="cryptostream_writer")
    for relation in RELATIONS:
        run(timescale_url, f"SELECT * FROM {relation}", role="cryptostream_reader")


@pytest.mark.parametrize(
    "statement",
    [
        PANE.format(closed=True),
        "UPDATE crypto_windows SET trades = 0",
        "DELETE FROM crypto_alerts",
        "TRUNCATE crypto_batches",
        "DROP VIEW crypto_windows_live",
        "CREATE TABLE mine (x int)",
        "SELECT crypto_configure_retention(NULL, NULL, NULL, NULL)",
    ],
)
def test_the_reader_changes_nothing(migrated_database: FlavouredDatabase, statement: str) -> None:
    with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction)):
        run(migrated_database.url, statement, role="cryptostream_reader")


def test_the_writer_does_what_the_job_does(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    store_writer(url, "test/s")
    store_symbol(url, "test/s", "BTCUSDT", START, START)
    run(
        url,
        PANE.format(closed=False),
        PANE.format(closed=True),
        "UPDATE crypto_writers SET epoch = epoch + 1",
        "SELECT crypto_refresh_rollups('test/s', '-infinity', 'infinity')",
        "SELECT crypto_apply_retention(now())",
        "DELETE FROM crypto_alert_outbox",
        "SELECT * FROM crypto_migrations",
        role="cryptostream_writer",
    )
    assert value(url, "SELECT epoch FROM crypto_writers") == 2


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM crypto_migrations",
        'UPDATE crypto_retention SET "for" = NULL',
        "ALTER TABLE crypto_panes DROP COLUMN trades",
        "CREATE TABLE mine (x int)",
        "SELECT crypto_configure_retention(NULL, NULL, NULL, NULL)",
    ],
)
def test_the_writer_does_not_touch_the_schema(migrated_database: FlavouredDatabase, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(migrated_database.url, statement, role="cryptostream_writer")


def test_a_login_made_a_reader_is_read_only_and_its_statements_time_out(database_url: str, login: str) -> None:
    migrate(database_url)
    run(database_url, f"CALL crypto_grant_reader('{login}')")
    url = as_login(database_url, login)
    assert rows(url, "SELECT count(*) AS panes FROM crypto_panes") == [{"panes": 0}]
    assert value(url, "SHOW statement_timeout") == "30s"
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        run(url, "DELETE FROM crypto_panes")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(url, "SET default_transaction_read_only = off", "DELETE FROM crypto_panes")


def test_a_login_made_a_writer_finds_the_schema_fit_and_one_without_a_role_is_told(
    database_url: str, login: str
) -> None:
    migrate(database_url)
    connection = psycopg2.connect(as_login(database_url, login))
    with pytest.raises(SchemaError, match=r"may not read crypto_migrations: .*GRANT cryptostream_writer TO"):
        check_schema(connection)
    run(database_url, f"GRANT cryptostream_writer TO {login}")
    check_schema(connection)
    connection.close()


def test_an_owner_who_may_not_create_roles_is_told_what_to_ask_for_and_grants_follow(
    own_database_server: Database,
) -> None:
    admin = own_database_server.url()
    run(admin, "CREATE ROLE owner LOGIN", "CREATE DATABASE crypto OWNER owner")
    url = as_login(own_database_server.url("crypto"), "owner")
    with capture_logs() as logs:
        assert migrate(url)
    warnings = [entry["why"] for entry in logs if entry["log_level"] == "warning"]
    assert len(warnings) == 2
    assert '"CREATE ROLE cryptostream_reader NOLOGIN", then run "cryptostream migrate" again' in warnings[1]

    run(admin, "CREATE ROLE cryptostream_reader NOLOGIN", "CREATE ROLE cryptostream_writer NOLOGIN")
    with capture_logs() as logs:
        assert migrate(url) == []
    assert [entry for entry in logs if entry["log_level"] == "warning"] == []
    run(own_database_server.url("crypto"), "SELECT * FROM crypto_windows_live", role="cryptostream_reader")
    run(own_database_server.url("crypto"), PANE.format(closed=True), role="cryptostream_writer")
