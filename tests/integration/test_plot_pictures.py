"""Pictures from a real database, as a job leaves it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from cryptostream_job.model import Pane
from cryptostream_model.streams import StreamName
from cryptostream_plot.chart import merge_candles
from cryptostream_plot.command import plot
from cryptostream_plot.intervals import Interval
from cryptostream_plot.pictures import draw_pictures, read_chart
from harness.database import rows
from harness.page import Page
from harness.panes import ODD_SYMBOLS, moment, store_panes, store_symbol, store_writer
from harness.sql import FlavouredDatabase, run
from harness.stored_market import START, market_panes, store_market

pytestmark = pytest.mark.integration

PANE = 10_000_000
FIVE_MINUTES = Interval(timedelta(minutes=5), "5m")


@pytest.fixture
def market(database_url: str, stream: StreamName) -> list[Pane]:
    """Half an hour of two symbols, written by the job's batch step: history, a jump, a gap."""
    panes = [
        *market_panes("BTCUSDT", 180, moves={120: 0.01}, live_from=100, gap_at=150),
        *market_panes("PEPEUSDT", 180, price=0.0000189, busy=0.2),
    ]
    store_market(database_url, stream, panes)
    return panes


def run_plot(url: str, stream: StreamName, *arguments: str) -> Result:
    """Run the command."""
    app = Typer(add_completion=False)
    app.command()(plot)
    settings = {
        "CRYPTOSTREAM_NAMESPACE": stream.namespace,
        "CRYPTOSTREAM_NAME": stream.name,
        "CRYPTOSTREAM_DATABASE_URL": url,
    }
    return CliRunner().invoke(app, list(arguments), env=settings)


def test_a_picture_shows_what_the_job_has_stored(
    market: Sequence[Pane], database_url: str, stream: StreamName, tmp_path: Path
) -> None:
    pictures = draw_pictures(database_url, stream, tmp_path / "pictures")
    assert (pictures.html, pictures.png) == (tmp_path / "pictures/chart.html", tmp_path / "pictures/chart.png")
    assert matplotlib.image.imread(pictures.png).shape[1] == 1600
    page = Page(pictures.html.read_text(encoding="utf-8"))
    assert page.text("h2") == ["Symbols", "BTCUSDT", "PEPEUSDT", "Alerts"]
    alerts = rows(database_url, "SELECT detector, score FROM crypto_alerts")
    assert alerts, "the jump raises an alert"
    for alert in alerts:
        assert f"{alert['score']:.4g}" in page.text("td")


def test_a_chart_holds_every_pane_with_trades_window_alert_and_gap(
    market: Sequence[Pane], database_url: str, stream: StreamName
) -> None:
    chart = read_chart(database_url, stream)
    assert (chart.start, chart.end) == (moment(START), moment(START + 180 * PANE))
    bitcoin, pepe = chart.symbols
    for drawn in (bitcoin, pepe):
        panes = [pane for pane in market if pane.symbol == drawn.symbol]
        assert [
            (each.start, each.open, each.high, each.low, each.close, each.quote_volume, each.trades)
            for each in drawn.candles
        ] == [
            (moment(pane.start), pane.open, pane.high, pane.low, pane.close, pane.quote_volume, pane.trades)
            for pane in panes
        ]
        stored = "SELECT vwap FROM crypto_windows WHERE symbol = %s ORDER BY window_end"
        assert list(drawn.vwap.prices) == [row["vwap"] for row in rows(database_url, stored, drawn.symbol)]
        assert drawn.vwap.length == timedelta(minutes=2)
    assert {alert.id for alert in chart.alerts} == {
        row["id"] for row in rows(database_url, "SELECT id FROM crypto_alerts")
    }
    (history,) = bitcoin.over_rest
    assert (history.start, history.end) == (moment(START), moment(START + 100 * PANE))
    (gap,) = bitcoin.gaps
    assert (gap.ids, gap.reason) == (40, "unavailable")
    assert (gap.start, gap.end) == (moment(START + 150 * PANE), moment(START + 151 * PANE))
    assert pepe.gaps == ()


def test_range_symbols_and_interval_can_be_chosen(
    market: Sequence[Pane], database_url: str, stream: StreamName
) -> None:
    chart = read_chart(
        database_url,
        stream,
        symbols=["pepeusdt"],
        start=moment(START + 5 * 60_000_000 + 1),
        end=moment(START + 10 * 60_000_000),
        interval=timedelta(minutes=1),
    )
    (drawn,) = chart.symbols
    assert (chart.start, chart.end) == (moment(START + 300_000_000), moment(START + 600_000_000))
    assert drawn.symbol == "PEPEUSDT"
    whole = read_chart(database_url, stream, symbols=["PEPEUSDT"]).symbols[0].candles
    merged = merge_candles(whole, chart.interval)
    assert prices(drawn.candles) == prices(each for each in merged if chart.start <= each.start < chart.end)


def prices(candles: Any) -> list[tuple[Any, ...]]:
    return [(each.start, each.open, each.high, each.low, each.close, each.trades) for each in candles]


def test_candles_of_rollups_are_those_of_the_panes_up_to_the_last_trade(
    migrated_database: FlavouredDatabase, stream: StreamName
) -> None:
    url, name = migrated_database.url, str(stream)
    store_writer(url, name)
    closed_through = START + 500 * PANE
    for number, symbol in enumerate(ODD_SYMBOLS):
        store_symbol(url, name, symbol, START, closed_through)
        store_panes(url, name, market_panes(symbol, 601, seed=number, busy=0.8))
    # As the job does for closed panes; TimescaleDB keeps its rollups by itself.
    run(url, f"SELECT crypto_refresh_rollups('{name}', '{moment(START)}', '{moment(closed_through)}')")
    long = read_chart(url, stream, interval=FIVE_MINUTES.length)
    short = read_chart(url, stream, interval=timedelta(seconds=10))
    assert (long.interval, short.interval.rollup) == (FIVE_MINUTES, None)
    assert {symbol.symbol for symbol in long.symbols} == set(ODD_SYMBOLS)
    fine = {symbol.symbol: symbol for symbol in short.symbols}
    for symbol in long.symbols:
        assert prices(symbol.candles) == prices(merge_candles(fine[symbol.symbol].candles, FIVE_MINUTES))
        assert symbol.quote_volume == pytest.approx(fine[symbol.symbol].quote_volume)
        assert symbol.vwap.length == timedelta(hours=1)


def test_where_retention_has_removed_the_panes_the_rollups_are_drawn(
    market: Sequence[Pane], database_url: str, stream: StreamName
) -> None:
    before = read_chart(database_url, stream, interval=timedelta(minutes=1))
    run(database_url, "DELETE FROM crypto_panes", "DELETE FROM crypto_windows")
    after = read_chart(database_url, stream)
    assert after.interval == Interval(timedelta(minutes=1), "1m")
    # The rollups of plain PostgreSQL hold what was closed: all but the last pane or two.
    closed = [prices(symbol.candles)[:-1] for symbol in before.symbols]
    assert [prices(symbol.candles)[: len(own)] for symbol, own in zip(after.symbols, closed, strict=True)] == closed


def test_a_reader_may_draw(market: Sequence[Pane], database_url: str, stream: StreamName) -> None:
    login = f"reader_{stream.name}"
    run(database_url, f"CREATE ROLE {login} LOGIN", f"CALL crypto_grant_reader('{login}')")
    try:
        chart = read_chart(database_url.replace("//cryptostream@", f"//{login}@"), stream)
        assert len(chart.symbols) == 2
    finally:
        run(database_url, f"DROP OWNED BY {login}", f"DROP ROLE {login}")


def test_the_command_names_the_files_that_it_has_written(
    market: Sequence[Pane], database_url: str, stream: StreamName, tmp_path: Path
) -> None:
    result = run_plot(database_url, stream, "--output", str(tmp_path / "both"))
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [str(tmp_path / "both/chart.html"), str(tmp_path / "both/chart.png")]
    result = run_plot(database_url, stream, "--output", str(tmp_path / "one"), "--format", "png", "--interval", "1m")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["chart.png"], result.output


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--from", "2026-11-25T00:00:00Z"], 1, "has data from 2026-11-23 10:00:00 to 2026-11-23 10:30:00 UTC"),
        (["--to", "2026-11-23T09:00"], 1, "has data from 2026-11-23 10:00:00 to 2026-11-23 10:30:00 UTC"),
        (["--symbols", "DOGEUSDT"], 1, "no symbol DOGEUSDT in the database: it has BTCUSDT, PEPEUSDT"),
        (["--from", "yesterday"], 2, "--from 'yesterday' is not a time"),
        (["--interval", "15s"], 2, "--interval 15s is not a multiple of the stream's panes of 10s"),
        (["--interval", "soon"], 2, "--interval 'soon'"),
        (["--format", "svg"], 2, "--format 'svg'"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    market: Sequence[Pane],
    database_url: str,
    stream: StreamName,
    tmp_path: Path,
    arguments: list[str],
    status: int,
    says: str,
) -> None:
    result = run_plot(database_url, stream, "--output", str(tmp_path), *arguments)
    assert (result.exit_code, list(tmp_path.iterdir())) == (status, [])
    assert says in result.stderr


def test_a_range_without_trades_between_others_is_said(database_url: str, stream: StreamName, tmp_path: Path) -> None:
    panes = market_panes("BTCUSDT", 90)
    store_market(database_url, stream, panes[:30] + panes[60:])
    result = run_plot(database_url, stream, "--from", "2026-11-23T10:06Z", "--to", "2026-11-23T10:09Z")
    assert result.exit_code == 1
    assert "nothing was traded from 2026-11-23 10:06:00 to 2026-11-23 10:09:00 UTC" in result.stderr


def test_another_stream_is_told_of_those_there_are(
    market: Sequence[Pane], database_url: str, stream: StreamName
) -> None:
    result = run_plot(database_url, StreamName("desk", "minors"))
    assert result.exit_code == 1
    assert f"nothing of the stream desk/minors, it holds {stream}" in result.stderr


def test_a_database_without_the_schema_is_said(database_url: str, stream: StreamName) -> None:
    result = run_plot(database_url, stream)
    assert (result.exit_code, "run `cryptostream migrate`" in result.stderr) == (2, True)


def test_a_missing_database_url_is_named(monkeypatch: pytest.MonkeyPatch, stream: StreamName) -> None:
    monkeypatch.delenv("CRYPTOSTREAM_DATABASE_URL", raising=False)
    app = Typer()
    app.command()(plot)
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "CRYPTOSTREAM_DATABASE_URL" in result.stderr
