"""What only TimescaleDB has: hypertables, compression, policies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cryptostream_sql import migrate as runner
from cryptostream_sql.catalogue import known_migrations
from cryptostream_sql.migrate import migrate
from cryptostream_sql.settings import Retention
from harness.database import rows, value
from harness.panes import SECOND, moment, random_panes, store_panes
from harness.sql import run

pytestmark = pytest.mark.integration

STREAM = "test/s"
DAY = 86_400 * SECOND
START = 1_700_000_000 * SECOND // DAY * DAY
PRICES = ["crypto_rollup_1m", "crypto_rollup_5m", "crypto_rollup_1h"]
SIZES = ["crypto_rollup_sizes_1m", "crypto_rollup_sizes_5m", "crypto_rollup_sizes_1h"]
FINEST_FIRST = [*PRICES, *SIZES]


@pytest.fixture
def url(timescale_url: str) -> str:
    migrate(timescale_url)
    return timescale_url


def policies(url: str, procedure: str, setting: str) -> dict[str, Any]:
    """A setting of each policy of a kind, by the name of the table or rollup it works on."""
    found = rows(
        url,
        "SELECT coalesce(view_name, jobs.hypertable_name) AS name, config ->> %s AS setting "
        "FROM timescaledb_information.jobs LEFT JOIN timescaledb_information.continuous_aggregates AS views "
        "ON jobs.hypertable_name IN (views.view_name, views.materialization_hypertable_name) "
        "WHERE proc_name = %s",
        setting,
        procedure,
    )
    return {row["name"]: row["setting"] for row in found}


def test_panes_windows_and_alerts_are_hypertables_of_a_day(url: str) -> None:
    chunks = rows(
        url,
        "SELECT hypertable_name, column_name, time_interval FROM timescaledb_information.dimensions "
        "WHERE hypertable_name LIKE 'crypto%%' ORDER BY 1",
    )
    assert [(row["hypertable_name"], row["column_name"], row["time_interval"]) for row in chunks] == [
        ("crypto_alerts", "window_end", timedelta(days=1)),
        ("crypto_panes", "pane_start", timedelta(days=1)),
        ("crypto_windows", "window_end", timedelta(days=1)),
    ]


def test_panes_and_windows_are_compressed_by_symbol_after_a_day(url: str) -> None:
    assert policies(url, "policy_compression", "compress_after") == {
        "crypto_panes": "1 day",
        "crypto_windows": "1 day",
    }
    layout = rows(
        url,
        "SELECT hypertable_name, attname FROM timescaledb_information.compression_settings "
        "WHERE segmentby_column_index IS NOT NULL ORDER BY hypertable_name, segmentby_column_index",
    )
    assert [(row["hypertable_name"], row["attname"]) for row in layout] == [
        ("crypto_panes", "stream"),
        ("crypto_panes", "symbol"),
        ("crypto_windows", "stream"),
        ("crypto_windows", "symbol"),
    ]


def test_retention_policies_follow_the_settings(url: str) -> None:
    quarter = dict.fromkeys(FINEST_FIRST, "90 days")
    assert policies(url, "policy_retention", "drop_after") == {
        "crypto_panes": "7 days",
        "crypto_windows": "7 days",
        "crypto_alerts": "90 days",
        **quarter,
    }
    migrate(url, retention=Retention(panes=timedelta(days=2), windows=None))
    assert policies(url, "policy_retention", "drop_after") == {
        "crypto_panes": "2 days",
        "crypto_alerts": "90 days",
        **quarter,
    }


@pytest.mark.parametrize(("panes", "reach"), [(7, "3 days 12:00:00"), (1, "12:00:00"), (None, None)])
def test_rollups_are_refreshed_only_over_panes_that_are_sure_to_be_there(
    url: str, panes: int | None, reach: str | None
) -> None:
    migrate(url, retention=Retention(panes=None if panes is None else timedelta(days=panes)))
    assert policies(url, "policy_refresh_continuous_aggregate", "start_offset") == dict.fromkeys(FINEST_FIRST, reach)


def test_an_unchanged_retention_leaves_the_policies_and_their_schedule_alone(url: str) -> None:
    jobs = "SELECT array_agg(job_id ORDER BY job_id) FROM timescaledb_information.jobs"
    before = value(url, jobs)
    migrate(url, retention=Retention())
    assert value(url, jobs) == before


def test_panes_of_a_compressed_chunk_are_still_replaced(url: str) -> None:
    panes = random_panes(1, "BTCUSDT", START, 50)
    store_panes(url, STREAM, panes)
    run(url, "SELECT compress_chunk(chunk) FROM show_chunks('crypto_panes') AS chunk")
    assert value(url, "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed") == 1

    store_panes(url, STREAM, [replace(pane, late_trades=5) for pane in panes])

    assert rows(url, "SELECT count(*) AS panes, sum(late_trades) AS late FROM crypto_panes") == [
        {"panes": len(panes), "late": 5 * len(panes)}
    ]


def test_the_policies_compress_drop_and_refresh_and_rollups_outlive_their_panes(url: str) -> None:
    today = int(datetime.now(UTC).timestamp()) * SECOND // DAY * DAY
    ages = (0, 2, 9)
    days = [random_panes(age, "BTCUSDT", today - age * DAY, 100) for age in ages]
    for panes in days:
        store_panes(url, STREAM, panes)
    run(url, *(f"CALL refresh_continuous_aggregate('{name}', NULL, NULL)" for name in FINEST_FIRST))
    changed = [replace(pane, late_trades=pane.late_trades + 1) for pane in days[1]]
    store_panes(url, STREAM, changed)

    jobs = rows(url, "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy%%' ORDER BY 1 DESC")
    for _ in FINEST_FIRST:
        run(url, *(f"CALL run_job({job['job_id']})" for job in jobs))

    left = rows(url, "SELECT pane_start::date AS day, count(*) AS panes FROM crypto_panes GROUP BY 1 ORDER BY 1")
    assert [row["panes"] for row in left] == [len(days[1]), len(days[0])]
    compressed = "SELECT is_compressed FROM timescaledb_information.chunks WHERE hypertable_name = 'crypto_panes' "
    assert [row["is_compressed"] for row in rows(url, compressed + "ORDER BY range_start")] == [True, False]
    for name in SIZES:
        counted = f"SELECT bucket::date, (SELECT sum(size) FROM unnest(trade_sizes) AS size) AS trades FROM {name}"
        totals = rows(url, f"SELECT sum(trades) AS trades FROM ({counted}) AS days GROUP BY bucket ORDER BY bucket")
        assert [row["trades"] for row in totals] == [sum(pane.trades for pane in panes) for panes in reversed(days)]
    for name in PRICES:
        totals = rows(
            url,
            f"SELECT sum(trades) AS trades, sum(late_trades) AS late FROM {name} "
            "GROUP BY bucket::date ORDER BY bucket::date",
        )
        assert [(row["trades"], row["late"]) for row in totals] == [
            (sum(pane.trades for pane in panes), sum(pane.late_trades for pane in panes))
            for panes in (days[2], changed, days[0])
        ], name


def test_an_upgrade_keeps_compressed_panes_and_rollups_whose_panes_are_gone(
    timescale_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = timescale_url
    with monkeypatch.context() as patch:
        patch.setattr(runner, "known_migrations", lambda flavour: known_migrations(flavour)[:6])
        migrate(url)
    gone, compressed = (
        [replace(pane, trade_sizes=None) for pane in random_panes(1, "BTCUSDT", START + day * DAY, 50)]
        for day in (0, 1)
    )
    store_panes(url, STREAM, [*gone, *compressed])
    run(url, *(f"CALL refresh_continuous_aggregate('{name}', NULL, NULL)" for name in PRICES))
    run(url, "SELECT compress_chunk(chunk) FROM show_chunks('crypto_panes') AS chunk")
    run(url, f"SELECT drop_chunks('crypto_panes', '{moment(START + DAY)}'::timestamptz)")

    assert migrate(url) == ["0007_trade_sizes"]

    fresh = random_panes(2, "ETHUSDT", START + 2 * DAY, 50)
    store_panes(url, STREAM, fresh)
    assert value(url, "SELECT count(*) FROM crypto_panes") == len(compressed) + len(fresh)
    for name in PRICES:
        totals = rows(url, f"SELECT sum(trades) AS trades FROM {name} GROUP BY bucket::date ORDER BY bucket::date")
        assert [row["trades"] for row in totals] == [
            sum(pane.trades for pane in panes) for panes in (gone, compressed, fresh)
        ]
    assert rows(url, "SELECT DISTINCT symbol FROM crypto_rollup_sizes_1h") == [{"symbol": "ETHUSDT"}]


def test_an_alert_is_found_by_its_key_and_updated(url: str) -> None:
    alert = (
        "INSERT INTO crypto_alerts (stream, symbol, window_end, id, exchange, detector, version, state, revision, "
        "severity, score, threshold, window_start, last_window_end, backfilled, details) VALUES ('test/s', 'BTCUSDT', "
        "'2023-11-14 22:13:20+00', 'x', 'binance', 'price_spike', 1, 'open', {revision}, 'info', 1, 1, "
        "'2023-11-14 22:11:20+00', '2023-11-14 22:13:20+00', false, '{{}}') "
        "ON CONFLICT (stream, symbol, window_end, id) DO UPDATE SET revision = excluded.revision"
    )
    run(url, alert.format(revision=1), alert.format(revision=2))
    assert rows(url, "SELECT id, revision FROM crypto_alerts") == [{"id": "x", "revision": 2}]
