"""Look into the tests' database."""

from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor


def rows(url: str, query: str, *parameters: object) -> list[dict[str, Any]]:
    """The result of a query as dictionaries."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(query, parameters)
            return [dict(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def value(url: str, query: str, *parameters: object) -> Any:
    """The first column of the first row; None without rows."""
    found = rows(url, query, *parameters)
    return next(iter(found[0].values())) if found else None
