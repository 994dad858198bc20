"""The commands `cryptostream backtest` and `cryptostream explain`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_backtest.configuration import DEFAULT_GEOMETRY, Configuration, read_manifest, with_detectors
from cryptostream_backtest.explanation import explain as explain_alert
from cryptostream_backtest.listing import render_json, render_text, symbol_days
from cryptostream_backtest.picture import draw_chart
from cryptostream_backtest.replaying import ToldAlert, told_alerts
from cryptostream_backtest.sources import Source, recorded_panes, stored_panes, within
from cryptostream_backtest.stored_alerts import find_alert
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_local.run_folder import RunFolderError
from cryptostream_model.settings import SettingsError
from cryptostream_plot.chart import Chart
from cryptostream_plot.html import write_html
from cryptostream_plot.intervals import in_words
from cryptostream_plot.options import moment, stream_settings, symbol_names
from cryptostream_plot.png import write_png
from cryptostream_plot.stored import open_snapshot
from cryptostream_simulator.recorded import RecordingError
from cryptostream_sql.connection import DatabaseError

_WRITERS: dict[str, Callable[[Chart, Path], Path]] = {"html": write_html, "png": write_png}
_EXPECTED = (SettingsError, DatabaseError, RunFolderError, RecordingError, LookupError, ValueError, OSError)


def backtest(
    source: Annotated[
        Path | None,
        typer.Argument(help="recording, in any form that `cryptostream replay` reads, or folder of a kept run"),
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(help="manifest of a CryptoStream: its lengths and detectors are tried")
    ] = None,
    detectors: Annotated[str | None, typer.Option(help="detectors as JSON, in place of the manifest's")] = None,
    symbols: Annotated[str | None, typer.Option(help="BTCUSDT,ETHUSDT; all by default")] = None,
    start: Annotated[str | None, typer.Option("--from", help="2026-11-23T10:00:00Z; by default all there is")] = None,
    end: Annotated[str | None, typer.Option("--to", help="by default all there is")] = None,
    output: Annotated[Path | None, typer.Option(help="folder for backtest.html and backtest.png")] = None,
    explained: Annotated[bool, typer.Option("--explain", help="below each alert why it fired")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="alerts as JSON")] = False,
) -> None:
    """Try detectors on trades that are there: the alerts they would have raised, printed and drawn.

    Without a source the stored panes of CRYPTOSTREAM_NAMESPACE and CRYPTOSTREAM_NAME in CRYPTOSTREAM_DATABASE_URL are
    taken. An alert is listed at the time of its symbol's clock when it would first have been told; it looks once after
    every pane. Exit status 2: source, manifest or settings cannot be used.
    """
    try:
        configuration = _configuration(spec, detectors)
        panes = _read(source, configuration, symbol_names(symbols), moment("--from", start), moment("--to", end))
        for warning in (*panes.warnings, *_cold(configuration, panes)):
            typer.echo(warning, err=True)
        built = build_detectors(configuration.detectors, configuration.geometry, configuration.stream)
        alerts = {symbol: told_alerts(each, configuration.geometry, built) for symbol, each in panes.panes.items()}
        told = sorted((each for found in alerts.values() for each in found), key=lambda each: each.told)
        days = symbol_days(panes.panes, configuration.geometry.pane)
        typer.echo(
            render_json(told, configuration.stream, days) if as_json else render_text(told, days, explained=explained)
        )
        if output is not None:
            _draw(configuration, panes, alerts, output, quiet=as_json)
    except _EXPECTED as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def explain(
    alert: Annotated[str, typer.Argument(help="id of an alert, or how it begins")],
    directory: Annotated[Path | None, typer.Argument(help="folder of a run that `cryptostream local` keeps")] = None,
) -> None:
    """Say in numbers why a stored alert fired: what was seen, what is usual, and the score that follows.

    The stream is that of CRYPTOSTREAM_NAMESPACE and CRYPTOSTREAM_NAME, the database that of CRYPTOSTREAM_DATABASE_URL;
    given the folder of a kept run, that run's. Exit status 2: there is no such alert, or no database.
    """
    try:
        with (
            stream_settings(directory) as settings,
            open_snapshot(settings.database_url.get_secret_value()) as connection,
        ):
            typer.echo("\n".join(explain_alert(find_alert(connection, str(settings.stream), alert))))
    except _EXPECTED as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _configuration(spec: Path | None, detectors: str | None) -> Configuration:
    configuration = (
        Configuration("default/backtest", DEFAULT_GEOMETRY, DetectorSettings()) if spec is None else read_manifest(spec)
    )
    return configuration if detectors is None else with_detectors(configuration, detectors)


def _read(
    source: Path | None,
    configuration: Configuration,
    symbols: Sequence[str] | None,
    start: datetime | None,
    end: datetime | None,
) -> Source:
    if source is not None and source.is_file():
        return within(recorded_panes(source, symbols, configuration.geometry), start, end)
    if source is not None and not source.is_dir():
        raise ValueError(f"{source}: neither a recording nor the folder of a run")
    with stream_settings(source) as settings, open_snapshot(settings.database_url.get_secret_value()) as connection:
        return stored_panes(connection, str(settings.stream), symbols, start, end, configuration.geometry)


def _cold(configuration: Configuration, source: Source) -> Iterator[str]:
    """Says so when no symbol has trades for long enough that a detector could fire."""
    longest = max(each[-1].start - each[0].start for each in source.panes.values()) + configuration.geometry.pane
    if longest < configuration.warm_after:
        there, needed = (in_words(timedelta(microseconds=each)) for each in (longest, configuration.warm_after))
        yield (
            f"no detector can fire: the trades last {there}, and baselines are cold for {needed}; "
            "lower warmUpWindows, or take a longer source"
        )


def _draw(
    configuration: Configuration,
    source: Source,
    alerts: dict[str, list[ToldAlert]],
    output: Path,
    *,
    quiet: bool,
) -> None:
    chart = draw_chart(configuration.stream, source.panes, alerts, configuration.geometry)
    for name, write in _WRITERS.items():
        path = write(chart, output / f"backtest.{name}")
        if not quiet:
            typer.echo(path)
