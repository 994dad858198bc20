"""Rollups of 1 m, 5 m and 1 h: the same from both flavours, and the ones that the panes add up to."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cryptostream_job.model import Geometry, Pane
from cryptostream_sql.migrate import migrate
from harness.database import rows
from harness.panes import GEOMETRY, ODD_SYMBOLS, SECOND, moment, random_panes, store_panes, store_symbol
from harness.sql import FlavouredDatabase, run

pytestmark = pytest.mark.integration

STREAM = "test/rollups"
WIDTHS = {"1m": timedelta(minutes=1), "5m": timedelta(minutes=5), "1h": timedelta(hours=1)}
DAY = 86_400 * SECOND
START = 1_700_000_000 * SECOND // DAY * DAY + 7 * 60 * SECOND
COLUMNS = (
    "stream, symbol, bucket, exchange, trades, first_id, last_id, open, high, low, close, vwap, volume, quote_volume, "
    "taker_buy_volume, taker_buy_quote_volume, rush_orders, late_trades, missing_ids"
)


def added_up(panes: Iterable[Pane], width: timedelta) -> list[dict[str, Any]]:
    """What a rollup must hold, by symbol and bucket."""
    buckets: dict[tuple[str, int], list[Pane]] = {}
    length = width // timedelta(microseconds=1)
    for pane in panes:
        buckets.setdefault((pane.symbol, pane.start // length * length), []).append(pane)
    return [_bucket(symbol, start, inside) for (symbol, start), inside in sorted(buckets.items())]


def _bucket(symbol: str, start: int, panes: list[Pane]) -> dict[str, Any]:
    traded = sorted((pane for pane in panes if pane.trades), key=lambda pane: pane.first_id or 0)
    volume, quote_volume = sum(pane.volume for pane in panes), sum(pane.quote_volume for pane in panes)
    return {
        "stream": STREAM,
        "symbol": symbol,
        "bucket": moment(start),
        "exchange": "binance",
        "trades": sum(pane.trades for pane in panes),
        "first_id": traded[0].first_id if traded else None,
        "last_id": traded[-1].last_id if traded else None,
        "open": traded[0].open if traded else None,
        "high": max((pane.high for pane in traded if pane.high is not None), default=None),
        "low": min((pane.low for pane in traded if pane.low is not None), default=None),
        "close": traded[-1].close if traded else None,
        "vwap": pytest.approx(quote_volume / volume, rel=1e-9) if volume else None,
        "volume": pytest.approx(volume, rel=1e-9),
        "quote_volume": pytest.approx(quote_volume, rel=1e-9),
        "taker_buy_volume": pytest.approx(sum(pane.taker_buy_volume for pane in panes), rel=1e-9),
        "taker_buy_quote_volume": pytest.approx(sum(pane.taker_buy_quote_volume for pane in panes), rel=1e-9),
        "rush_orders": sum(pane.rush_orders for pane in panes),
        "late_trades": sum(pane.late_trades for pane in panes),
        "missing_ids": sum(pane.missing_ids for pane in panes),
    }


def sizes_added_up(panes: Iterable[Pane], width: timedelta) -> list[dict[str, Any]]:
    """What a rollup of sizes must hold: nothing of buckets without a pane whose trades were counted."""
    length = width // timedelta(microseconds=1)
    sums: dict[tuple[str, int], list[int]] = {}
    for pane in panes:
        if pane.trade_sizes is not None:
            key = (pane.symbol, pane.start // length * length)
            before = sums.get(key, [0] * len(pane.trade_sizes))
            sums[key] = [one + other for one, other in zip(before, pane.trade_sizes, strict=True)]
    return [
        {"stream": STREAM, "symbol": symbol, "bucket": moment(start), "trade_sizes": sizes}
        for (symbol, start), sizes in sorted(sums.items())
    ]


def stored_sizes(url: str, name: str) -> list[dict[str, Any]]:
    found = rows(url, f"SELECT stream, symbol, bucket, trade_sizes FROM crypto_rollup_sizes_{name}")
    return sorted(found, key=lambda row: (row["symbol"], row["bucket"]))


def stored(url: str, name: str) -> list[dict[str, Any]]:
    found = rows(url, f"SELECT {COLUMNS} FROM crypto_rollup_{name}")
    return sorted(found, key=lambda row: (row["symbol"], row["bucket"]))


def write(url: str, panes: list[Pane], geometry: Geometry = GEOMETRY) -> None:
    """Write panes and refresh the rollups over their time, as the job does."""
    known = {row["symbol"] for row in rows(url, "SELECT symbol FROM crypto_symbols")}
    for symbol in {pane.symbol for pane in panes} - known:
        store_symbol(url, STREAM, symbol, START, START)
    store_panes(url, STREAM, panes, geometry)
    first, last = moment(min(pane.start for pane in panes)), moment(max(pane.start for pane in panes) + 1)
    run(url, f"SELECT crypto_refresh_rollups('{STREAM}', '{first}', '{last}')")


def materialize(url: str) -> None:
    """What the refresh policies do in the background."""
    names = (*WIDTHS, *(f"sizes_{name}" for name in WIDTHS))
    run(url, *(f"CALL refresh_continuous_aggregate('crypto_rollup_{name}', NULL, NULL)" for name in names))


@pytest.fixture(scope="module")
def panes() -> list[Pane]:
    return [pane for symbol in ODD_SYMBOLS for pane in random_panes(7, symbol, START, 500)]


def test_rollups_are_what_the_panes_add_up_to(migrated_database: FlavouredDatabase, panes: list[Pane]) -> None:
    write(migrated_database.url, panes)
    for name, width in WIDTHS.items():
        assert stored(migrated_database.url, name) == added_up(panes, width), name
        assert stored_sizes(migrated_database.url, name) == sizes_added_up(panes, width), name


def test_panes_that_were_not_counted_by_size_add_nothing(migrated_database: FlavouredDatabase) -> None:
    counted = random_panes(3, "BTCUSDT", START, 120)
    panes = [replace(pane, trade_sizes=None) if pane.start < counted[50].start else pane for pane in counted]
    store_panes(migrated_database.url, STREAM, panes[:50])
    write(migrated_database.url, panes[50:])
    for name, width in WIDTHS.items():
        assert stored_sizes(migrated_database.url, name) == sizes_added_up(panes, width), name


def test_materialized_rollups_equal_those_computed_on_reading(timescale_url: str, panes: list[Pane]) -> None:
    migrate(timescale_url)
    write(timescale_url, panes)
    materialize(timescale_url)
    later = random_panes(8, ODD_SYMBOLS[0], START + DAY, 30)
    write(timescale_url, later)
    for name, width in WIDTHS.items():
        assert stored(timescale_url, name) == added_up([*panes, *later], width), name
        assert stored_sizes(timescale_url, name) == sizes_added_up([*panes, *later], width), name
    for name, width in WIDTHS.items():
        run(timescale_url, f"ALTER MATERIALIZED VIEW crypto_rollup_{name} SET (timescaledb.materialized_only = true)")
        assert stored(timescale_url, name) == added_up(panes, width), name
        sizes = f"crypto_rollup_sizes_{name}"
        run(timescale_url, f"ALTER MATERIALIZED VIEW {sizes} SET (timescaledb.materialized_only = true)")
        assert stored_sizes(timescale_url, name) == sizes_added_up(panes, width), name


def test_writing_panes_again_changes_no_rollup(migrated_database: FlavouredDatabase, panes: list[Pane]) -> None:
    for _ in range(2):
        write(migrated_database.url, panes)
    for name, width in WIDTHS.items():
        assert stored(migrated_database.url, name) == added_up(panes, width), name


def test_rollups_follow_panes_that_grow_batch_by_batch(database_url: str, panes: list[Pane]) -> None:
    migrate(database_url)
    source = random.Random(3)
    few = [pane for pane in panes if pane.symbol == ODD_SYMBOLS[1]][:60]
    younger = [replace(pane, trades=1, last_id=pane.first_id) if pane.trades else pane for pane in few]
    source.shuffle(younger)
    for at in range(0, len(younger), 7):
        write(database_url, younger[at : at + 7])
    for at in range(0, len(few), 7):
        write(database_url, few[at : at + 7])
    for name, width in WIDTHS.items():
        assert stored(database_url, name) == added_up(few, width), name
        assert stored_sizes(database_url, name) == sizes_added_up(few, width), name


def test_a_changed_pane_reaches_a_materialized_rollup_with_the_next_refresh(timescale_url: str) -> None:
    migrate(timescale_url)
    old = random_panes(9, "BTCUSDT", START, 60)
    write(timescale_url, old)
    materialize(timescale_url)
    changed = [replace(pane, late_trades=pane.late_trades + 1000) for pane in old]
    write(timescale_url, changed)
    materialize(timescale_url)
    assert stored(timescale_url, "1h") == added_up(changed, WIDTHS["1h"])


def test_refreshing_given_panes_touches_the_buckets_of_those_only(database_url: str) -> None:
    migrate(database_url)
    first, second = (random_panes(5, symbol, START, 6 * 120) for symbol in ("BTCUSDT", "ETHUSDT"))
    write(database_url, [*first, *second])
    run(database_url, "UPDATE crypto_panes SET late_trades = late_trades + 100000")
    chosen = first[50]

    run(
        database_url,
        f"SELECT crypto_refresh_rollups_of_panes('{STREAM}', '{{BTCUSDT}}', "
        f"ARRAY['{moment(chosen.start)}'::timestamptz])",
    )

    for name, width in WIDTHS.items():
        touched = rows(
            database_url, f"SELECT symbol, bucket FROM crypto_rollup_{name} WHERE late_trades >= 100000 ORDER BY 1, 2"
        )
        length = width // timedelta(microseconds=1)
        assert touched == [{"symbol": "BTCUSDT", "bucket": moment(chosen.start // length * length)}], name


def test_a_bucket_whose_panes_are_gone_goes_when_it_is_refreshed(database_url: str) -> None:
    migrate(database_url)
    panes = random_panes(5, "BTCUSDT", START, 12)
    write(database_url, panes)
    run(
        database_url,
        "DELETE FROM crypto_panes",
        f"SELECT crypto_refresh_rollups_of_panes('{STREAM}', ARRAY{['BTCUSDT'] * len(panes)}, "
        f"ARRAY{[str(moment(pane.start)) for pane in panes]}::timestamptz[])",
    )
    assert [stored(database_url, name) for name in WIDTHS] == [[], [], []]
    assert [stored_sizes(database_url, name) for name in WIDTHS] == [[], [], []]


def test_a_pane_longer_than_a_minute_belongs_to_the_bucket_of_its_start(migrated_database: FlavouredDatabase) -> None:
    geometry = Geometry(pane=90 * SECOND, slide=90 * SECOND, window=180 * SECOND, allowed_lateness=0)
    panes = random_panes(4, "BTCUSDT", START // (90 * SECOND) * 90 * SECOND, 50, geometry)
    write(migrated_database.url, panes, geometry)
    for name, width in WIDTHS.items():
        assert stored(migrated_database.url, name) == added_up(panes, width), name


def test_panes_without_trades_leave_open_and_close_alone(migrated_database: FlavouredDatabase) -> None:
    traded, quiet = (
        next(pane for pane in random_panes(2, "BTCUSDT", START, 40) if bool(pane.trades) is wanted)
        for wanted in (True, False)
    )
    minute = START // (60 * SECOND) * 60 * SECOND
    panes = [
        replace(quiet, start=minute),
        replace(traded, start=minute + 20 * SECOND, open=Decimal("1.5"), close=Decimal("2.50")),
        replace(quiet, start=minute + 40 * SECOND),
        replace(quiet, start=minute + 60 * SECOND),
    ]
    write(migrated_database.url, panes)
    spans = rows(migrated_database.url, "SELECT open, close, trades FROM crypto_rollup_1m ORDER BY bucket")
    assert spans == [
        {"open": Decimal("1.5"), "close": Decimal("2.50"), "trades": traded.trades},
        {"open": None, "close": None, "trades": 0},
    ]


def test_an_empty_database_has_empty_rollups(migrated_database: FlavouredDatabase) -> None:
    run(migrated_database.url, f"SELECT crypto_refresh_rollups('{STREAM}', '-infinity', 'infinity')")
    assert [stored(migrated_database.url, name) for name in WIDTHS] == [[], [], []]
