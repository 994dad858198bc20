"""A rebuild forgets and computes again: the same alerts come back, each with a higher revision than before."""

from typing import Any

import psycopg2
import pytest

from cryptostream_job.rebuild import RebuildSummary, rebuild
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import rows, value
from harness.job_driver import START, Driver, market
from harness.panes import GEOMETRY

pytestmark = pytest.mark.integration

SAID = "id, state, severity, score, window_end, last_window_end, ended, price, details"


def rebuild_from(url: str, driver: Driver, start: int) -> RebuildSummary:
    connection = psycopg2.connect(url)
    try:
        return rebuild(connection, driver.settings.stream, GEOMETRY, driver.detectors, start)
    finally:
        connection.close()


def confirmed(url: str) -> list[dict[str, Any]]:
    return rows(url, f"SELECT {SAID} FROM crypto_alerts WHERE state = 'confirmed' ORDER BY id")


def queued(url: str) -> dict[str, list[int]]:
    """The revisions of each alert in the outbox."""
    found = rows(url, "SELECT id, array_agg(revision ORDER BY revision) AS all FROM crypto_alert_outbox GROUP BY id")
    return {row["id"]: row["all"] for row in found}


@pytest.mark.parametrize("pane", [0, *range(70, 300, 32)])
def test_alerts_come_back_after_a_rebuild_with_revisions_that_never_fall(
    database_url: str, stream: StreamName, pane: int
) -> None:
    migrate(database_url)
    panes = market(300)
    driver = Driver(database_url, stream)
    for batch in range(10):
        driver.write(batch, panes[30 * batch : 30 * (batch + 1)])
    before, sent = confirmed(database_url), queued(database_url)
    assert len(before) > 2

    summary = rebuild_from(database_url, driver, START + pane * GEOMETRY.pane)
    withdrawn = queued(database_url)
    assert sum(len(withdrawn[alert]) - len(sent[alert]) for alert in sent) == summary.alerts
    Driver(database_url, stream).write(0, panes)

    assert confirmed(database_url) == before
    for alert, revisions in queued(database_url).items():
        assert revisions == list(range(1, len(revisions) + 1))
        assert value(database_url, "SELECT revision FROM crypto_alerts WHERE id = %s", alert) == revisions[-1]
