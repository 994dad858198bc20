"""Everything of a deleted stream goes, everything of the others stays."""

import psycopg2
import pytest

from cryptostream_model.streams import StreamName
from cryptostream_sql.purge import purge
from harness.database import rows, value
from harness.panes import SECOND, random_panes, store_panes, store_symbol, store_writer
from harness.sql import FlavouredDatabase, insert, run

pytestmark = pytest.mark.integration

START = 1_700_000_010 * SECOND
GONE, KEPT = StreamName("test", "gone"), StreamName("test", "kept")
GAP = {"symbol": "BTCUSDT", "from_id": 1, "exchange": "binance", "to_id": 2, "reason": "unavailable", "clock": "now"}


def store(url: str, stream: StreamName) -> None:
    store_writer(url, str(stream))
    store_symbol(url, str(stream), "BTCUSDT", START, START)
    store_panes(url, str(stream), random_panes(1, "BTCUSDT", START, 30))
    insert(url, "feed_gaps", [{"stream": str(stream), **GAP}])


def held(url: str, stream: StreamName) -> dict[str, int]:
    """Rows by table and rollup, of those that have any."""
    names = rows(
        url,
        "SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v') "
        "AND a.attname = 'stream' ORDER BY 1",
    )
    counts = {
        row["name"]: value(url, f"SELECT count(*) FROM {row['name']} WHERE stream = %s", str(stream)) for row in names
    }
    return {name: count for name, count in counts.items() if count}


def test_a_stream_is_deleted_from_every_table_and_rollup(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    for stream in (GONE, KEPT):
        store(url, stream)
    if migrated_database.flavour == "timescale":
        for rollup in ("crypto_rollup_1m", "crypto_rollup_sizes_1m"):
            run(url, f"CALL refresh_continuous_aggregate('{rollup}', NULL, NULL)")
    else:
        every = "crypto_refresh_rollups('{}', '-infinity', 'infinity')"
        run(url, *(f"SELECT {every.format(stream)}" for stream in (GONE, KEPT)))
    before = held(url, KEPT)
    assert {"crypto_panes", "crypto_symbols", "crypto_writers", "feed_gaps", "crypto_rollup_1m"} <= before.keys()
    assert "crypto_rollup_sizes_1m" in before
    panes = value(url, "SELECT count(*) FROM crypto_panes WHERE stream = %s", str(GONE))
    connection = psycopg2.connect(url)
    assert purge(connection, GONE) > panes > 0
    assert purge(connection, GONE) == 0
    connection.close()
    assert held(url, GONE) == {}
    assert held(url, KEPT) == before
