"""The ledger by minute and hour: every batch once, latencies as quantiles, kept as long as rollups."""

import bisect
import random
from datetime import UTC, datetime, timedelta

import pytest

from cryptostream_job.latency import BINS, BOUNDS
from cryptostream_model.streams import StreamName
from cryptostream_sql.migrate import migrate
from harness.database import rows, value
from harness.job_driver import Driver, market
from harness.sql import FlavouredDatabase, insert, run

pytestmark = pytest.mark.integration
EMPTY = [0] * BINS


def bucket(age: timedelta) -> dict[str, object]:
    counts = dict.fromkeys(("batches", "changed_panes", "closed_windows", "alerts", "trades", "live_trades"), 1)
    return {
        "stream": "test/s",
        "bucket": datetime.now(UTC) - age,
        **counts,
        "seconds": 0.5,
        "slowest_seconds": 0.5,
        "latency": EMPTY,
    }


def test_the_sums_by_minute_and_hour_are_those_of_the_ledger(
    migrated_database: FlavouredDatabase, stream: StreamName
) -> None:
    url = migrated_database.url
    driver = Driver(url, stream)
    panes = market(60)
    for number, first in enumerate(range(0, len(panes), 9)):
        driver.write(number, panes[first : first + 9])
    # TimescaleDB in WebAssembly serves one connection at a time.
    driver.writer.close()
    ledger = rows(
        url,
        "SELECT count(*) AS batches, sum(changed_panes)::bigint AS changed_panes, sum(trades)::bigint AS trades, "
        "sum(live_trades)::bigint AS live_trades, round(sum(seconds)::numeric, 6) AS seconds FROM crypto_batches",
    )
    assert ledger[0]["trades"] == sum(pane.trades for pane in panes)
    assert ledger[0]["live_trades"] == sum(pane.trades - pane.backfilled_trades for pane in panes)
    for width in ("1m", "1h"):
        summed = rows(
            url,
            "SELECT sum(batches)::bigint AS batches, sum(changed_panes)::bigint AS changed_panes, "
            "sum(trades)::bigint AS trades, sum(live_trades)::bigint AS live_trades, "
            f"round(sum(seconds)::numeric, 6) AS seconds FROM crypto_batches_{width}",
        )
        assert summed == ledger
        counted = f"SELECT (SELECT sum(n) FROM unnest(crypto_latency_sum(latency)) AS n) FROM crypto_batches_{width}"
        assert value(url, counted) == ledger[0]["live_trades"]


def test_a_batch_that_is_written_again_counts_once(database_url: str, stream: StreamName) -> None:
    migrate(database_url)
    panes = market(20)
    Driver(database_url, stream).write(0, panes)
    before = rows(database_url, "SELECT * FROM crypto_batches_1m")
    Driver(database_url, stream).write(0, panes)
    assert rows(database_url, "SELECT * FROM crypto_batches_1m") == before


def test_when_a_symbol_was_last_traded_is_stored_and_loaded(database_url: str, stream: StreamName) -> None:
    migrate(database_url)
    driver = Driver(database_url, stream)
    panes = market(20)
    driver.write(0, panes)
    last = value(database_url, "SELECT max(clock) FROM crypto_panes WHERE trades > 0")
    assert value(database_url, "SELECT traded_at FROM crypto_symbols") == last
    assert Driver(database_url, stream).loaded["BTCUSDT"].traded_at == driver.state["BTCUSDT"].traded_at


def test_a_quantile_is_right_to_the_width_of_its_bin(migrated_database: FlavouredDatabase) -> None:
    source = random.Random(7)
    latencies = sorted(min(source.lognormvariate(-1, 1), 500.0) for _ in range(2_000))
    counts = EMPTY.copy()
    for latency in latencies:
        counts[bisect.bisect_left(BOUNDS, latency * 1e6)] += 1
    for share in (0.0, 0.5, 0.95, 0.99, 1.0):
        exact = latencies[max(0, round(share * len(latencies)) - 1)]
        found = value(migrated_database.url, f"SELECT crypto_latency_quantile(ARRAY{counts}::bigint[], {share})")
        assert exact / 2**0.25 <= found <= exact * 2**0.25, share


def test_quantiles_of_nothing_and_of_what_took_too_long_to_tell(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    assert value(url, f"SELECT crypto_latency_quantile(ARRAY{EMPTY}::bigint[], 0.5)") is None
    assert value(url, "SELECT crypto_latency_quantile(crypto_latency_sum(latency), 0.5) FROM crypto_batches_1m") is None
    slow = [*EMPTY[1:], 3]
    found = value(url, f"SELECT crypto_latency_quantile(ARRAY{slow}::bigint[], 0.5)")
    assert found == pytest.approx(BOUNDS[-1] / 1e6, rel=1e-5)


def test_they_are_kept_as_long_as_rollups(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    for table in ("crypto_batches_1m", "crypto_batches_1h"):
        insert(url, table, [bucket(timedelta(days=89)), bucket(timedelta(days=91))])
    assert value(url, "SELECT crypto_apply_retention(now())") == 2
    assert value(url, "SELECT count(*) FROM crypto_batches_1m") == 1
    run(url, 'UPDATE crypto_retention SET "for" = NULL')
    assert value(url, "SELECT crypto_apply_retention('2100-01-01')") == 0
