"""What a query cost and what it read, from EXPLAIN (ANALYZE, BUFFERS, VERBOSE)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg2.extensions import cursor as Cursor  # noqa: N812


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a hypertable: of ``table``, or of the rollup that it materialises."""

    table: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Scan:
    """A table or chunk that was read, and how many rows were looked at."""

    relation: str
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    rows: int
    buffers: int
    milliseconds: float
    scans: tuple[Scan, ...] = field(default=())

    def rows_of(self, chunks: Mapping[str, Chunk], *tables: str) -> int:
        """Rows that were looked at in tables, in all of their chunks."""
        return sum(scan.rows for scan in self.scans if table_of(scan.relation, chunks) in tables)


def table_of(relation: str, chunks: Mapping[str, Chunk]) -> str:
    return chunks[relation].table if relation in chunks else relation


def chunks_of(cursor: Cursor) -> dict[str, Chunk]:
    """The chunks of TimescaleDB's hypertables by their name."""
    cursor.execute(
        "SELECT chunk_name, coalesce(view_name, chunks.hypertable_name), range_start, range_end "
        "FROM timescaledb_information.chunks AS chunks "
        "LEFT JOIN timescaledb_information.continuous_aggregates AS views "
        "ON views.materialization_hypertable_name = chunks.hypertable_name"
    )
    return {name: Chunk(table, start, end) for name, table, start, end in cursor.fetchall()}


def explain(cursor: Cursor, statement: str) -> Plan:
    """Run a statement. What the planner left out, or never came to, is no scan."""
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
    ((found,),) = cursor.fetchall()
    root = found[0]["Plan"]
    return Plan(
        rows=int(root["Actual Rows"]),
        buffers=root["Shared Hit Blocks"] + root["Shared Read Blocks"],
        milliseconds=found[0]["Execution Time"] + found[0]["Planning Time"],
        scans=tuple(_scans(root)),
    )


def _scans(node: Mapping[str, Any]) -> Iterator[Scan]:
    if "Relation Name" in node and node["Actual Loops"]:
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield Scan(node["Relation Name"], round(looked_at * node["Actual Loops"]))
    for part in node.get("Plans", ()):
        yield from _scans(part)
