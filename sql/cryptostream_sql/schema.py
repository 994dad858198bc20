"""Comparing the migrations a database has with those this code knows."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg2.errors
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_sql.catalogue import FLAVOURS, Flavour, Migration, known_migrations
from cryptostream_sql.connection import DatabaseError


class SchemaError(DatabaseError):
    """The database's schema is not the one that this code works with; the text says what to do."""


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A row of crypto_migrations."""

    version: int
    name: str
    checksum: str
    flavour: str


def pending_migrations(known: Sequence[Migration], applied: Sequence[AppliedMigration]) -> tuple[Migration, ...]:
    """The known migrations that are still to be applied, in order.

    Raises SchemaError when the database has a migration that this code does not know (a newer part migrated it), when
    a migration has changed since it was applied, or when one in the middle is missing.
    """
    by_version = {migration.version: migration for migration in known}
    for row in applied:
        migration = by_version.get(row.version)
        if migration is None:
            raise SchemaError(
                f"the database's schema is newer than this code: it has migration {row.version:04d}_{row.name}, "
                f"this code knows {len(known)} migrations; update this part"
            )
        if migration.checksum != row.checksum:
            raise SchemaError(
                f"migration {migration.title} was applied to the database with another content "
                f"(checksum {row.checksum[:12]}, this code's is {migration.checksum[:12]}): applied migrations must "
                "not change; use the version of CryptoStream that migrated this database, or a fresh database"
            )
    pending = known[len(applied) :]
    if [row.version for row in applied] != [migration.version for migration in known[: len(applied)]]:
        raise SchemaError(f"crypto_migrations lacks a row: it holds versions {[row.version for row in applied]}")
    return tuple(pending)


def check_schema(connection: Connection) -> None:
    """Make sure that the database's schema is exactly the one this code works with, and leave no transaction open.

    Raises SchemaError when it is older (run ``cryptostream migrate``), newer (update this part) or altered.
    """
    was_idle = connection.info.transaction_status == TRANSACTION_STATUS_IDLE
    try:
        applied = applied_migrations(connection)
    finally:
        if was_idle:
            connection.rollback()
    if not applied:
        raise SchemaError("the database has no CryptoStream schema: run `cryptostream migrate`")
    pending = pending_migrations(known_migrations(recorded_flavour(applied)), applied)
    if pending:
        raise SchemaError(
            f"the database's schema is older than this code: it lacks {', '.join(step.title for step in pending)}; "
            "run `cryptostream migrate`"
        )


def applied_migrations(connection: Connection) -> list[AppliedMigration]:
    """The rows of crypto_migrations by version; none where the table is absent. Raises SchemaError without SELECT."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('crypto_migrations') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return []
        try:
            cursor.execute("SELECT version, name, checksum, flavour FROM crypto_migrations ORDER BY version")
        except psycopg2.errors.InsufficientPrivilege:
            raise SchemaError(
                "the login may not read crypto_migrations: grant it a role, such as "
                "GRANT cryptostream_writer TO <login>, after `cryptostream migrate`"
            ) from None
        return [AppliedMigration(*row) for row in cursor.fetchall()]


def recorded_flavour(applied: Sequence[AppliedMigration]) -> Flavour:
    """The flavour that a migrated database has. Raises SchemaError for one that this code does not know."""
    for flavour in FLAVOURS:
        if applied[0].flavour == flavour:
            return flavour
    raise SchemaError(f"the database has the unknown flavour {applied[0].flavour!r}: update this part")
