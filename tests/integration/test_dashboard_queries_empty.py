"""Every query on a database in which nothing has happened yet: it runs and says nothing, not something wrong."""

from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from harness.grafana_macros import Range, expand
from harness.grafana_queries import alert_queries, dashboard_queries, defined, definitions
from harness.grafana_variables import Selection
from harness.sql import FlavouredDatabase

pytestmark = pytest.mark.integration

NOTHING = Selection(
    {"stream": "", "exchange": [], "symbol": [], "chart": "", "detector": [], "severity": [], "interval": "10s"}
)
"""What Grafana puts in for a variable whose query found nothing."""
ONE_ROW = {
    "cryptostream-alerts: Going on A",
    "cryptostream-alerts: In this range A",
    "cryptostream-feed-health: From trade to database A",
    "cryptostream-feed-health: In this range A",
    "cryptostream-feed-health: Job A",
}
"""Counts and quantiles over nothing, zero or null; decimals of no price are two."""


def test_every_query_runs_and_finds_nothing(migrated_database: FlavouredDatabase) -> None:
    known = definitions()
    end = datetime.now(UTC)
    connection = psycopg2.connect(migrated_database.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE cryptostream_reader")
            for found in (*dashboard_queries(), *alert_queries()):
                for length in (timedelta(hours=1), timedelta(days=30)):
                    scope = Range(end - length, end, 60_000, migrated_database.flavour == "timescale")
                    cursor.execute(expand(NOTHING.interpolate(found.sql), scope))
                    columns = {column.name for column in cursor.description or ()}
                    assert columns == set(defined(found, known).columns), found.place
                    rows = cursor.fetchall()
                    if found.place in ONE_ROW or columns == {"decimals"}:
                        assert len(rows) == 1, found.place
                        assert set(rows[0]) <= {None, 0, 2}, found.place
                    else:
                        assert rows == [], found.place
    finally:
        connection.close()
