"""The analytical database that one verification works in: DuckDB on disk, bounded in memory."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from cryptostream_verify.record_columns import SCHEMA

Workspace = duckdb.DuckDBPyConnection

_CREATE_RECORDS = """
CREATE TABLE records (
    "partition" INTEGER, "offset" BIGINT, timestamp_ms BIGINT, key VARCHAR, kind VARCHAR, exchange VARCHAR,
    symbol VARCHAR, feed VARCHAR, first_id BIGINT, last_id BIGINT, price DECIMAL(38, 18), quantity DECIMAL(38, 18),
    side VARCHAR, fills BIGINT, "time" BIGINT, clock BIGINT, backfilled BOOLEAN, reason VARCHAR
)
"""


@contextmanager
def open_workspace(memory: str = "1GB", threads: int = 2) -> Iterator[Workspace]:
    """A DuckDB database in a temporary folder, with the empty table ``records``; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="cryptostream-verify-") as folder:
        workspace = duckdb.connect(
            str(Path(folder) / "verify.duckdb"),
            config={"memory_limit": memory, "threads": threads, "preserve_insertion_order": False},
        )
        try:
            workspace.execute(_CREATE_RECORDS)
            yield workspace
        finally:
            workspace.close()


def insert(workspace: Workspace, table: str, rows: pa.Table) -> None:
    """Append an Arrow table, cast to the columns of the same names."""
    columns = ", ".join(f'"{name}"' for name in rows.schema.names)
    workspace.register("incoming", rows)
    workspace.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")
    workspace.unregister("incoming")


def insert_records(workspace: Workspace, rows: pa.Table) -> None:
    """Append rows of the shape SCHEMA to ``records``."""
    if rows.schema != SCHEMA:
        raise ValueError("rows are not of the shape of the trades topic")
    insert(workspace, "records", rows)
