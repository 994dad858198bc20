"""The view crypto_windows_live: closed windows as stored, open ones composed from panes as the job composes them."""

from dataclasses import asdict
from typing import Any

import pytest

from cryptostream_job.compose import compose_window
from cryptostream_job.model import Geometry, Pane, Window
from cryptostream_sql.migrate import migrate
from harness.database import rows
from harness.panes import (
    GEOMETRY,
    ODD_SYMBOLS,
    SECOND,
    moment,
    random_panes,
    store_panes,
    store_symbol,
    store_writer,
)
from harness.sql import FlavouredDatabase, insert, run

pytestmark = pytest.mark.integration

STREAM = "test/live"
START = 1_700_000_010 * SECOND


def window_row(window: Window) -> dict[str, Any]:
    fields = asdict(window)
    times = {"window_start": moment(fields.pop("start")), "window_end": moment(fields.pop("end"))}
    return {"stream": STREAM, **fields, **times}


def windows_after(panes: list[Pane], symbol: str, origin: int, through: int, geometry: Geometry) -> list[Window]:
    """The windows that end after ``through``, start no earlier than ``origin`` and no later than the last pane."""
    last = max(pane.start for pane in panes)
    ends = range(
        through // geometry.slide * geometry.slide + geometry.slide, last + geometry.window + 1, geometry.slide
    )
    return [compose_window(panes, geometry, end, symbol, "binance") for end in ends if end - geometry.window >= origin]


def live(url: str, condition: str = "NOT closed") -> dict[tuple[str, Any], dict[str, Any]]:
    found = rows(url, f"SELECT * FROM crypto_windows_live WHERE {condition}")
    return {(row["symbol"], row["window_end"]): row for row in found}


def assert_equal(found: dict[tuple[str, Any], dict[str, Any]], expected: list[Window]) -> None:
    wanted = {(row["symbol"], row["window_end"]): row for row in map(window_row, expected)}
    assert sorted(found) == sorted(wanted)
    for key, row in wanted.items():
        for name, exact in row.items():
            close_enough = pytest.approx(exact, rel=1e-9, abs=0) if isinstance(exact, float) else exact
            assert found[key][name] == close_enough, (key, name)


@pytest.mark.parametrize(
    ("geometry", "panes_closed"),
    [
        (GEOMETRY, 0),
        (GEOMETRY, 30),
        (Geometry(pane=2 * SECOND, slide=2 * SECOND, window=8 * SECOND, allowed_lateness=SECOND), 33),
    ],
    ids=["nothing closed", "some closed", "short"],
)
def test_open_windows_are_composed_as_the_job_composes_them(
    migrated_database: FlavouredDatabase, geometry: Geometry, panes_closed: int
) -> None:
    url = migrated_database.url
    store_writer(url, STREAM, geometry)
    expected = []
    for number, symbol in enumerate(ODD_SYMBOLS):
        origin = START - START % geometry.pane + number * geometry.pane
        panes = random_panes(number, symbol, origin, 45, geometry)
        through = (origin + panes_closed * geometry.pane) // geometry.slide * geometry.slide
        store_symbol(url, STREAM, symbol, origin, through)
        store_panes(url, STREAM, panes, geometry)
        expected += windows_after(panes, symbol, origin, through, geometry)
    assert len(expected) > len(ODD_SYMBOLS)
    assert_equal(live(url), expected)


def test_closed_windows_are_shown_as_they_are_stored_and_each_window_once(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    panes = random_panes(1, "BTCUSDT", START, 40)
    through = START // GEOMETRY.slide * GEOMETRY.slide + 6 * GEOMETRY.slide
    store_writer(url, STREAM)
    store_symbol(url, STREAM, "BTCUSDT", START, through)
    store_panes(url, STREAM, panes)
    everything = windows_after(panes, "BTCUSDT", START, START, GEOMETRY)
    closed = [window for window in everything if window.end <= through]
    insert(url, "crypto_windows", [window_row(window) for window in closed])

    stored = rows(url, "SELECT * FROM crypto_windows ORDER BY window_end")
    shown = rows(url, "SELECT * FROM crypto_windows_live WHERE closed ORDER BY window_end")
    assert closed
    assert shown == [{**row, "closed": True} for row in stored]
    assert_equal(live(url, "true"), everything)


def test_a_window_without_trades_and_a_market_that_stands_still_have_no_volatility_or_none(
    migrated_database: FlavouredDatabase,
) -> None:
    url = migrated_database.url
    quiet = [pane for pane in random_panes(3, "BTCUSDT", START, 200) if not pane.trades][:20]
    store_writer(url, STREAM)
    store_symbol(url, STREAM, "BTCUSDT", START, START)
    store_panes(url, STREAM, quiet)
    assert_equal(live(url), windows_after(quiet, "BTCUSDT", START, START, GEOMETRY))
    assert {row["stddev_price"] for row in live(url).values()} == {None}


def test_the_symbols_of_another_stream_do_not_mix_in(migrated_database: FlavouredDatabase) -> None:
    url = migrated_database.url
    panes = random_panes(1, "BTCUSDT", START, 20)
    for stream in (STREAM, "test/other"):
        store_writer(url, stream)
        store_symbol(url, stream, "BTCUSDT", START, START)
    store_panes(url, STREAM, panes)
    store_panes(url, "test/other", random_panes(2, "BTCUSDT", START, 20))
    expected = windows_after(panes, "BTCUSDT", START, START, GEOMETRY)
    assert_equal(live(url, f"stream = '{STREAM}' AND symbol = 'BTCUSDT'"), expected)


def test_a_day_of_daylight_saving_does_not_move_windows_of_days(database_url: str) -> None:
    name = database_url.rsplit("/", 1)[1]
    run(database_url, f"ALTER DATABASE \"{name}\" SET timezone = 'Europe/Berlin'")
    migrate(database_url)
    day = 86_400 * SECOND
    geometry = Geometry(pane=day // 4, slide=day // 2, window=2 * day, allowed_lateness=SECOND)
    october_27 = 1_698_364_800 * SECOND
    panes = random_panes(1, "BTCUSDT", october_27, 20, geometry)
    store_writer(database_url, STREAM, geometry)
    store_symbol(database_url, STREAM, "BTCUSDT", october_27, october_27)
    store_panes(database_url, STREAM, panes, geometry)
    assert_equal(live(database_url), windows_after(panes, "BTCUSDT", october_27, october_27, geometry))


def test_without_panes_or_before_the_first_start_of_a_job_there_is_no_open_window(
    migrated_database: FlavouredDatabase,
) -> None:
    assert live(migrated_database.url, "true") == {}
    store_symbol(migrated_database.url, STREAM, "BTCUSDT", START, START)
    store_panes(migrated_database.url, "test/other", random_panes(1, "BTCUSDT", START, 20))
    assert live(migrated_database.url, "true") == {}
