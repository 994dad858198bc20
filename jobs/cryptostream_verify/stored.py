"""What the database holds of a stream, brought into the workspace as one consistent snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import psycopg2.extensions
import pyarrow as pa

from cryptostream_job.model import Geometry
from cryptostream_sql.connection import DatabaseError, connect
from cryptostream_sql.schema import SchemaError, check_schema
from cryptostream_verify.errors import UnreachableError, describe
from cryptostream_verify.workspace import Workspace, insert

Connection = psycopg2.extensions.connection

_KINDS = {
    "text": (pa.string(), "{0}"),
    "count": (pa.int64(), "{0}"),
    "counts": (pa.list_(pa.int64()), "{0}"),
    "flag": (pa.bool_(), "{0}"),
    "double": (pa.float64(), "{0}"),
    "price": (pa.string(), "trim_scale({0})::text"),
    "time": (pa.int64(), "(extract(epoch FROM {0}) * 1000000)::bigint"),
}
"""For each kind of column its Arrow type and how PostgreSQL renders it: times in UTC microseconds, prices as exact
text.
"""

_MEASURES = {
    "exchange": "text",
    "trades": "count",
    "first_id": "count",
    "last_id": "count",
    "open": "price",
    "high": "price",
    "low": "price",
    "close": "price",
    "mean_price": "double",
    "volume": "double",
    "quote_volume": "double",
    "taker_buy_volume": "double",
    "taker_buy_quote_volume": "double",
    "rush_orders": "count",
    "rush_volume": "double",
    "rush_buy_orders": "count",
    "late_trades": "count",
    "missing_ids": "count",
    "backfilled_trades": "count",
}

PANE_COLUMNS = {
    **_MEASURES,
    "m2_price": "double",
    "first_clock": "time",
    "clock": "time",
    "partition": "count",
    "trade_sizes": "counts",
}
WINDOW_COLUMNS = {
    **_MEASURES,
    "stddev_price": "double",
    "vwap": "double",
    "realized_volatility": "double",
    "window_start": "time",
}
GAP_COLUMNS = {"exchange": "text", "to_id": "count", "reason": "text", "clock": "time"}
"""The compared columns of crypto_panes, crypto_windows and feed_gaps, besides their keys."""

_TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "stored_panes": (
        "crypto_panes",
        {"symbol": "text", "pane_start": "time", "pane_end": "time", "closed": "flag", **PANE_COLUMNS},
    ),
    "stored_windows": ("crypto_windows", {"symbol": "text", "window_end": "time", **WINDOW_COLUMNS}),
    "stored_gaps": ("feed_gaps", {"symbol": "text", "from_id": "count", **GAP_COLUMNS}),
}
_DUCKDB_TYPES = {
    "text": "VARCHAR",
    "count": "BIGINT",
    "counts": "BIGINT[]",
    "flag": "BOOLEAN",
    "double": "DOUBLE",
    "price": "VARCHAR",
    "time": "BIGINT",
}
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class StoredSymbol:
    """A row of crypto_symbols, and how many gaps are stored for it. Times in UTC microseconds."""

    exchange: str
    partition: int
    origin: int
    clock: int
    last_id: int | None
    gaps: int


@contextmanager
def open_database(url: str) -> Iterator[Connection]:
    """A read-only connection whose transactions are snapshots, to a database of the schema that this code reads.

    Raises UnreachableError; its text holds no password.
    """
    try:
        connection = connect(url, application_name="cryptostream verify")
    except DatabaseError as error:
        raise UnreachableError(describe(error)) from None
    try:
        check_schema(connection)
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield connection
    except (SchemaError, psycopg2.errors.InsufficientPrivilege, psycopg2.OperationalError) as error:
        raise UnreachableError(f"the database: {describe(error)}") from None
    finally:
        connection.close()


def read_geometry(connection: Connection, stream: str) -> Geometry | None:
    """The lengths that the job computed with, None when it has stored none."""
    lengths = ", ".join(
        f"(extract(epoch FROM {name}) * 1000000)::bigint" for name in ("pane", "slide", '"window"', "allowed_lateness")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lengths} FROM crypto_writers WHERE stream = %s", (stream,))
        row = cursor.fetchone()
    return Geometry(*row) if row and None not in row else None


def read_symbols(connection: Connection, stream: str) -> dict[str, StoredSymbol]:
    """How far the job has come with each symbol."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT symbol, exchange, partition, (extract(epoch FROM origin) * 1000000)::bigint,
                (extract(epoch FROM clock) * 1000000)::bigint, last_id,
                (SELECT count(*) FROM feed_gaps g WHERE g.stream = s.stream AND g.symbol = s.symbol)
            FROM crypto_symbols s WHERE stream = %s ORDER BY symbol""",
            (stream,),
        )
        return {row[0]: StoredSymbol(*row[1:]) for row in cursor.fetchall()}


def load_stored(connection: Connection, workspace: Workspace, stream: str) -> None:
    """Fill ``stored_panes``, ``stored_windows`` and ``stored_gaps`` of the workspace."""
    for name, (table, columns) in _TABLES.items():
        declared = ", ".join(f'"{column}" {_DUCKDB_TYPES[kind]}' for column, kind in columns.items())
        workspace.execute(f"CREATE OR REPLACE TABLE {name} ({declared})")
        schema = pa.schema([(column, _KINDS[kind][0]) for column, kind in columns.items()])
        selected = ", ".join(_KINDS[kind][1].format(f'"{column}"') for column, kind in columns.items())
        with connection.cursor(name=name) as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(f"SELECT {selected} FROM {table} WHERE stream = %s", (stream,))
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                insert(workspace, name, _arrow(rows, schema))


def _arrow(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema)
