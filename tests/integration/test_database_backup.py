"""A database that is restored from a dump is the one that was dumped.

On plain PostgreSQL: the TimescaleDB of the tests takes no COPY, by which a dump is restored. What the job makes of a
restored database is in test_job_recovery.
"""

from pathlib import Path
from typing import Any

import pytest

from cryptostream_sql.migrate import migrate
from harness.backup import back_up, restore
from harness.database import rows, value
from harness.panes import GEOMETRY, SECOND, random_panes, store_panes, store_symbol
from harness.sql import run

pytestmark = pytest.mark.integration

STREAM = "test/backup"
START = 1_700_000_000 * SECOND // GEOMETRY.pane * GEOMETRY.pane
TABLES = ("crypto_panes", "crypto_symbols", "crypto_rollup_1m", "crypto_rollup_1h", "crypto_windows_live")
RIGHTS = (
    "SELECT grantee, table_name, privilege_type FROM information_schema.table_privileges "
    "WHERE table_schema = current_schema() AND grantee LIKE 'cryptostream_%%' ORDER BY 1, 2, 3"
)


def content(url: str) -> dict[str, list[dict[str, Any]]]:
    """What users see, and what the roles may."""
    return {table: rows(url, f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in TABLES} | {
        "rights": rows(url, RIGHTS)
    }


@pytest.fixture
def filled(database_url: str) -> str:
    migrate(database_url)
    store_panes(database_url, STREAM, random_panes(1, "BTCUSDT", START, 40))
    store_symbol(database_url, STREAM, "BTCUSDT", START, START + 40 * GEOMETRY.pane)
    return database_url


def test_a_dump_holds_everything(filled: str, tmp_path: Path) -> None:
    before = content(filled)
    assert all(before[table] for table in ("crypto_panes", "crypto_symbols", "rights"))
    back_up(filled, tmp_path / "dump")
    run(filled, "DELETE FROM crypto_panes")
    restore(filled, tmp_path / "dump")
    assert content(filled) == before


def test_migrations_find_a_restored_database_up_to_date(filled: str, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "dump")
    restore(filled, tmp_path / "dump")
    applied = rows(filled, "SELECT * FROM crypto_migrations ORDER BY 1")
    migrate(filled)
    assert rows(filled, "SELECT * FROM crypto_migrations ORDER BY 1") == applied


def test_settings_of_logins_do_not_come_with_a_dump(filled: str, tmp_path: Path) -> None:
    """They belong to the server: `cryptostream migrate` makes those of the groups anew."""
    settings = (
        "SELECT count(*) FROM pg_db_role_setting AS given JOIN pg_database AS base ON base.oid = given.setdatabase "
        "WHERE base.datname = current_database()"
    )
    back_up(filled, tmp_path / "dump")
    restore(filled, tmp_path / "dump")
    assert value(filled, settings) == 0
    migrate(filled)
    assert value(filled, settings) > 0
