"""Applying the migrations that a database lacks."""

from datetime import timedelta

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_model.logs import get_logger
from cryptostream_sql.catalogue import Flavour, Migration, known_migrations, repeatable_script
from cryptostream_sql.connection import ADVISORY_LOCK, connect
from cryptostream_sql.flavour import choose_flavour
from cryptostream_sql.schema import SchemaError, applied_migrations, pending_migrations, recorded_flavour
from cryptostream_sql.settings import DatabaseSettings, Retention

_MIGRATIONS_TABLE = """
CREATE TABLE IF NOT EXISTS crypto_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    flavour    text NOT NULL
)
"""
_log = get_logger(__name__)


def migrate(
    dsn: str,
    *,
    flavour: Flavour | None = None,
    retention: Retention | None = None,
    patience: timedelta = timedelta(0),
) -> list[str]:
    """Apply the pending migrations in order and return their titles, such as ``0001_core``; then grant the roles.

    Each one commits in a transaction of its own, under a lock that makes a second runner wait and then find nothing
    to do. ``flavour`` None chooses: that of a database already migrated, else timescale where the extension can be had.
    ``retention`` None leaves what the database has, at first the defaults of ``Retention``.
    Raises DatabaseError (unreachable, login refused) and SchemaError (newer, altered, another flavour); a migration
    that fails leaves the database at the one before it.
    """
    chosen = _flavour_of(dsn, flavour, patience)
    connection = connect(dsn, application_name="cryptostream migrate")
    try:
        titles: list[str] = []
        while (step := _apply_next(connection, chosen)) is not None:
            _log.info("migration applied", migration=step.title, flavour=chosen)
            titles.append(step.title)
        _settle(connection, retention)
        return titles
    finally:
        connection.close()


def migrate_with(settings: DatabaseSettings) -> list[str]:
    """What ``cryptostream migrate`` does: ``migrate`` as the settings say."""
    flavour = None if settings.database_flavour == "auto" else settings.database_flavour
    return migrate(
        settings.database_url.get_secret_value(),
        flavour=flavour,
        retention=settings.retention,
        patience=settings.database_patience,
    )


def _flavour_of(dsn: str, wanted: Flavour | None, patience: timedelta) -> Flavour:
    connection = connect(dsn, patience=patience)
    try:
        applied = applied_migrations(connection)
    finally:
        connection.close()
    if not applied:
        return choose_flavour(dsn, wanted)
    return wanted or recorded_flavour(applied)


def _apply_next(connection: Connection, flavour: Flavour) -> Migration | None:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
        cursor.execute(_MIGRATIONS_TABLE)
        applied = applied_migrations(connection)
        if applied and recorded_flavour(applied) != flavour:
            raise SchemaError(
                f"the database was migrated as flavour {recorded_flavour(applied)} and cannot become {flavour}: "
                "use a fresh database"
            )
        pending = pending_migrations(known_migrations(flavour), applied)
        if not pending:
            return None
        step = pending[0]
        try:
            cursor.execute(step.sql)
        except psycopg2.Error as error:
            raise SchemaError(f"migration {step.title} failed and was undone: {str(error).strip()}") from error
        cursor.execute(
            "INSERT INTO crypto_migrations (version, name, checksum, flavour) VALUES (%s, %s, %s, %s)",
            (step.version, step.name, step.checksum, flavour),
        )
        return step


def _settle(connection: Connection, retention: Retention | None) -> None:
    del connection.notices[:]
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
        if retention is not None:
            cursor.execute(
                "SELECT crypto_configure_retention(%s, %s, %s, %s)",
                (retention.panes, retention.windows, retention.rollups, retention.alerts),
            )
        cursor.execute(repeatable_script("roles.sql"))
    for notice in connection.notices:
        if notice.startswith("WARNING"):
            _log.warning("roles are not complete", why=notice.removeprefix("WARNING:").strip())
