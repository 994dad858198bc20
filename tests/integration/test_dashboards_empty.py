"""A database in which nothing has been written yet: every query runs and gives the columns that its panel needs."""

from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from harness.grafana_macros import Range, expand
from harness.grafana_queries import alert_queries, dashboard_queries, defined, definitions
from harness.grafana_variables import Selection
from harness.sql import FlavouredDatabase

pytestmark = pytest.mark.integration

NOTHING_TO_CHOOSE = Selection(
    {
        **dict.fromkeys(("stream", "chart", "namespace", "name"), ""),
        **dict.fromkeys(("exchange", "symbol", "detector"), ()),
        "severity": ("info", "warning", "critical"),
    }
)


@pytest.mark.parametrize("length", [timedelta(hours=1), timedelta(days=30)])
def test_every_query_runs_on_an_empty_database(migrated_database: FlavouredDatabase, length: timedelta) -> None:
    known = definitions()
    end = datetime.now(UTC)
    connection = psycopg2.connect(migrated_database.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE cryptostream_reader")
        for found in (*dashboard_queries(), *alert_queries()):
            scope = Range(end - length, end, 10_000, migrated_database.flavour == "timescale")
            cursor.execute(expand(NOTHING_TO_CHOOSE.interpolate(found.sql), scope))
            assert cursor.description is not None
            assert {column.name for column in cursor.description} == set(defined(found, known).columns), found.place
            if found.kind in ("variable", "annotation"):
                assert cursor.fetchall() == [], found.place
    connection.close()
