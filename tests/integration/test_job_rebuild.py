"""A rebuild forgets and computes again: the same alerts come back, each with a higher revision than before."""

from typing import Any

import psycopg2
import pytest

from cryptostream_job.rebuild import RebuildSummary, rebuild
from cryptostream_job.times import to_microseconds
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import rows, value
from harness.job_driver import START, Driver, market
from harness.panes import GEOMETRY

pytestmark = pytest.mark.integration

PANES = market(300)
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


def computed(url: str, stream: StreamName) -> Driver:
    """A driver that has written PANES in ten batches."""
    migrate(url)
    driver = Driver(url, stream)
    for batch in range(10):
        driver.write(batch, PANES[30 * batch : 30 * (batch + 1)])
    return driver


@pytest.mark.parametrize("pane", [0, *range(70, 300, 32)])
def test_alerts_come_back_after_a_rebuild_with_revisions_that_never_fall(
    database_url: str, stream: StreamName, pane: int
) -> None:
    driver = computed(database_url, stream)
    before, sent = confirmed(database_url), queued(database_url)
    assert len(before) > 2

    summary = rebuild_from(database_url, driver, START + pane * GEOMETRY.pane)
    withdrawn = queued(database_url)
    assert sum(len(withdrawn[alert]) - len(sent[alert]) for alert in sent) == summary.alerts
    Driver(database_url, stream).write(0, PANES)

    assert confirmed(database_url) == before
    for alert, revisions in queued(database_url).items():
        assert revisions == list(range(1, len(revisions) + 1))
        assert value(database_url, "SELECT revision FROM crypto_alerts WHERE id = %s", alert) == revisions[-1]


def test_an_alert_that_ended_behind_the_restart_point_lasts_until_it_ends_again(
    database_url: str, stream: StreamName
) -> None:
    driver = computed(database_url, stream)
    before = confirmed(database_url)
    alert = next(alert for alert in before if alert["ended"] is not None)
    rebuild_from(database_url, driver, to_microseconds(alert["ended"]) - GEOMETRY.slide)
    restored = next(row for row in confirmed(database_url) if row["id"] == alert["id"])
    assert restored == alert | {"ended": None}

    Driver(database_url, stream).write(0, PANES)
    assert confirmed(database_url) == before
    assert queued(database_url)[alert["id"]][-1] == value(
        database_url, "SELECT revision FROM crypto_alerts WHERE id = %s", alert["id"]
    )
