"""Short sessions on a database of any flavour: each call opens and closes its own connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

from cryptostream_sql.catalogue import Flavour


@dataclass(frozen=True)
class FlavouredDatabase:
    """An empty or a migrated database, and which of the two kinds it is."""

    url: str
    flavour: Flavour


def run(url: str, *statements: str, role: str | None = None) -> None:
    """Execute statements one by one, each in its own transaction, as a member of ``role``."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            if role:
                cursor.execute(f'SET ROLE "{role}"')
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def insert(url: str, table: str, rows: Sequence[dict[str, Any]], conflict: str = "") -> None:
    """Insert rows of one set of columns, with an ON CONFLICT clause where given."""
    columns = ", ".join(f'"{name}"' for name in rows[0])
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            execute_values(
                cursor, f"INSERT INTO {table} ({columns}) VALUES %s {conflict}", [list(row.values()) for row in rows]
            )
    finally:
        connection.close()
