"""Every query of dashboards and alert rules as the reader runs it, over a month of 20 symbols, on both databases.

It gives the columns that its panel needs, stays within its budget, and from six hours on reads rollups only, and no
chunk outside the range. Times are printed (``-s``), not judged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_local.database import Database
from cryptostream_sql.migrate import migrate
from harness.grafana_macros import Range, expand
from harness.grafana_month import (
    DETECTORS,
    LONE_STREAM,
    LONE_SYMBOLS,
    ODD_STREAM,
    ODD_SYMBOLS,
    STREAM,
    SYMBOLS,
    TAIL,
    Filled,
    fill,
)
from harness.grafana_plans import Chunk, Plan, chunks_of, explain, table_of
from harness.grafana_queries import FoundQuery, alert_queries, dashboard_queries, defined, definitions
from harness.grafana_variables import Selection, interval_of
from harness.sql import run
from harness.timescale import TimescaleServer

pytestmark = pytest.mark.integration

FOUND = [*dashboard_queries(), *alert_queries()]
KNOWN = definitions()
RAW = ("crypto_panes", "crypto_windows", "crypto_windows_live")
NO_RAW_FROM = timedelta(hours=6)
KINDS = {
    **dict.fromkeys((1114, 1184), "time"),
    **dict.fromkeys((20, 21, 23, 700, 701, 1700), "number"),
    **dict.fromkeys((25, 1043, 19), "text"),
    16: "boolean",
}
NEEDED = {
    "variable": {"__text", "__value"},
    "annotation": {"time", "timeend", "text", "tags"},
    "panel": set(),
    "alert": {"value"},
}
LENGTHS = {
    "5 min": timedelta(minutes=5),
    "1 h": timedelta(hours=1),
    "6 h": timedelta(hours=6),
    "1 d": timedelta(days=1),
    "7 d": timedelta(days=7),
    "30 d": timedelta(days=30),
}


@dataclass
class Reader:
    """A reading connection to the month, open for as long as the module's tests run."""

    filled: Filled
    connection: Connection
    chunks: dict[str, Chunk]

    def statement(
        self,
        found: FoundQuery,
        length: timedelta,
        *,
        stream: str = STREAM,
        symbols: Sequence[str] = SYMBOLS,
        interval: str = "10s",
        ago: timedelta = timedelta(0),
    ) -> str:
        """The SQL that arrives for a range that ended some time ago; an alert rule has a range of its own."""
        end = self.filled.end - ago
        length = length if found.seconds is None else timedelta(seconds=found.seconds)
        milliseconds = int(length.total_seconds() * 1000)
        chosen = Selection(
            {
                "stream": stream,
                "exchange": ["binance"],
                "symbol": [symbols[0]] if found.repeat == "symbol" else symbols,
                "chart": symbols[0],
                "detector": DETECTORS,
                "severity": ["info", "warning", "critical"],
                "interval": interval,
            }
        )
        shortest = chosen.interpolate(found.shortest)
        scope = Range(
            end - length, end, interval_of(milliseconds, found.points, shortest), self.filled.flavour == "timescale"
        )
        return expand(chosen.interpolate(found.sql), scope)

    def rows(self, statement: str) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
        """Kinds of the columns by name, and the rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.description is not None
            kinds = {column.name: KINDS.get(column.type_code, str(column.type_code)) for column in cursor.description}
            return kinds, cursor.fetchall()

    def plan(self, statement: str) -> Plan:
        with self.connection.cursor() as cursor:
            return explain(cursor, statement)


@pytest.fixture(scope="module")
def month_on_timescale(timescale_server: TimescaleServer) -> Filled:
    url = timescale_server.fresh_database()
    migrate(url)
    return fill(url, "timescale")


@pytest.fixture(scope="module")
def month_on_plain(database_server: Database) -> Iterator[Filled]:
    run(database_server.url(), "DROP DATABASE IF EXISTS dashboards", "CREATE DATABASE dashboards")
    url = database_server.url("dashboards")
    migrate(url)
    run(url, "DROP ROLE IF EXISTS dashboards_reader", "CREATE ROLE dashboards_reader LOGIN")
    run(url, "CALL crypto_grant_reader('dashboards_reader')")
    yield fill(url, "plain")
    run(database_server.url(), "DROP DATABASE dashboards WITH (FORCE)", "DROP ROLE dashboards_reader")


@pytest.fixture(scope="module", params=["plain", "timescale"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """On plain PostgreSQL a login that was made a reader; the one session in WebAssembly takes the role."""
    filled: Filled = request.getfixturevalue(f"month_on_{request.param}")
    login = filled.url if request.param == "timescale" else filled.url.replace("cryptostream@", "dashboards_reader@")
    connection = psycopg2.connect(login)
    connection.autocommit = True
    chunks: dict[str, Chunk] = {}
    with connection.cursor() as cursor:
        if request.param == "timescale":
            chunks = chunks_of(cursor)
            cursor.execute("SET ROLE cryptostream_reader")
            cursor.execute("SET default_transaction_read_only = on")
        cursor.execute("SET TIME ZONE 'UTC'")
    yield Reader(filled, connection, chunks)
    connection.close()


@pytest.fixture(params=FOUND, ids=lambda found: found.place)
def found(request: pytest.FixtureRequest) -> FoundQuery:
    query: FoundQuery = request.param
    return query


def test_it_gives_the_columns_that_are_needed(reader: Reader, found: FoundQuery) -> None:
    needs = defined(found, KNOWN)
    assert NEEDED[found.kind] <= set(needs.columns)
    for length in (LENGTHS["1 h"], LENGTHS["30 d"]):
        kinds, rows = reader.rows(reader.statement(found, length))
        assert kinds == dict(needs.columns)
        assert len(rows) <= needs.budget.rows
        if found.kind != "annotation":
            assert rows, f"nothing over {length}"
        if found.format == "time_series":
            times = [row[list(kinds).index("time")] for row in rows]
            assert times == sorted(times), "Grafana refuses series that are not in order of time"


def test_it_stays_within_its_budget_and_its_range(reader: Reader, found: FoundQuery) -> None:
    needs = defined(found, KNOWN)
    for name, length in LENGTHS.items():
        plan = reader.plan(reader.statement(found, length))
        print(f"{name:>6}  {plan.rows:>6} rows {plan.buffers:>6} buffers {plan.milliseconds:8.1f} ms  {found.place}")
        assert plan.rows <= needs.budget.rows, name
        assert plan.buffers <= needs.budget.buffers, name
        _reads_only_its_range(reader, found, plan, length)


def test_a_range_in_the_past_reads_nothing_else(reader: Reader, found: FoundQuery) -> None:
    ago = timedelta(days=3)
    for length in (LENGTHS["1 h"], LENGTHS["6 h"]):
        plan = reader.plan(reader.statement(found, length, ago=ago))
        _reads_only_its_range(reader, found, plan, length, ago)


def test_a_long_interval_over_a_short_range_and_a_short_one_over_a_long_range(
    reader: Reader, found: FoundQuery
) -> None:
    needs = defined(found, KNOWN)
    for interval, length in (("1d", LENGTHS["1 h"]), ("10s", LENGTHS["30 d"]), ("1h", LENGTHS["30 d"])):
        plan = reader.plan(reader.statement(found, length, interval=interval))
        assert plan.rows <= needs.budget.rows
        assert plan.buffers <= needs.budget.buffers


@pytest.mark.parametrize(
    ("stream", "symbols"),
    [(ODD_STREAM, ODD_SYMBOLS), (LONE_STREAM, LONE_SYMBOLS), ("no/stream", ()), ("it's/none", ("X",))],
    ids=["odd names", "one symbol", "no symbols", "unknown stream"],
)
def test_it_runs_for_other_streams(reader: Reader, found: FoundQuery, stream: str, symbols: Sequence[str]) -> None:
    needs = defined(found, KNOWN)
    for symbol in symbols or [""]:
        others = [name for name in symbols if name != symbol]
        kinds, rows = reader.rows(
            reader.statement(found, LENGTHS["1 h"], stream=stream, symbols=[symbol, *others] if symbols else [""])
        )
        assert kinds == dict(needs.columns)
        if stream == ODD_STREAM and found.kind == "panel":
            assert rows
        if found.repeat != "symbol" and "chart" not in found.sql:
            break


def _reads_only_its_range(
    reader: Reader, found: FoundQuery, plan: Plan, length: timedelta, ago: timedelta = timedelta(0)
) -> None:
    length = length if found.seconds is None else timedelta(seconds=found.seconds)
    end = reader.filled.end - ago
    # An alert that goes on may have opened before a short range.
    reach = {"crypto_alerts": max(length, NO_RAW_FROM)}
    outside = [
        scan.relation
        for scan in plan.scans
        if (chunk := reader.chunks.get(scan.relation))
        and (chunk.start > end or chunk.end <= end - reach.get(chunk.table, length))
    ]
    assert not outside, f"chunks outside the range: {outside}"
    streams = 3 if found.kind == "alert" else 1
    assert plan.rows_of(reader.chunks, "crypto_batches") <= streams, "more than the last row of the ledger"
    if length >= NO_RAW_FROM and not defined(found, KNOWN).raw:
        tables = {table_of(scan.relation, reader.chunks) for scan in plan.scans}
        if reader.filled.flavour == "timescale":
            # A continuous aggregate composes its newest minutes of panes by itself.
            tables.discard("crypto_panes")
            assert plan.rows_of(reader.chunks, "crypto_panes") <= len(SYMBOLS) * (TAIL / timedelta(seconds=10) + 60)
        assert not tables & set(RAW)


def test_panes_and_chunks_outside_the_range_would_be_noticed(reader: Reader) -> None:
    panes = FoundQuery("panes", "panel", "SELECT * FROM crypto_panes WHERE $__timeFilter(pane_start)", "table")
    plan = reader.plan(reader.statement(panes, LENGTHS["6 h"]))
    assert plan.rows_of(reader.chunks, "crypto_panes") >= plan.rows > len(SYMBOLS) * 6 * 360
    everything = reader.plan("SELECT count(*) FROM crypto_alerts")
    days = {reader.chunks[scan.relation].start for scan in everything.scans if scan.relation in reader.chunks}
    assert len(days) >= 30 or reader.filled.flavour == "plain"
    assert {table_of(scan.relation, reader.chunks) for scan in everything.scans} == {"crypto_alerts"}
