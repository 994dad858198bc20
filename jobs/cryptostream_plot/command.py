"""The command `cryptostream plot`."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_local.run_folder import RunFolderError
from cryptostream_model.settings import SettingsError, parse_duration
from cryptostream_plot.chart import Chart
from cryptostream_plot.errors import NothingToPlotError
from cryptostream_plot.html import write_html
from cryptostream_plot.options import moment, stream_settings, symbol_names
from cryptostream_plot.pictures import read_chart
from cryptostream_plot.png import write_png
from cryptostream_sql.connection import DatabaseError

_WRITERS: dict[str, Callable[[Chart, Path], Path]] = {"html": write_html, "png": write_png}


def plot(
    directory: Annotated[
        Path | None, typer.Argument(help="folder of a run that `cryptostream local --keep` has kept")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="folder for chart.html and chart.png; the run's own, else the current one")
    ] = None,
    symbols: Annotated[str | None, typer.Option(help="BTCUSDT,ETHUSDT; all of the stream by default")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="2026-11-23T10:00:00Z; by default a day before the end")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="by default the end of the stored data")] = None,
    interval: Annotated[str, typer.Option(help="length of a candle: 10s, 1m, or auto")] = "auto",
    formats: Annotated[str, typer.Option("--format", help="html, png, or both")] = "html,png",
) -> None:
    """Draw a stream from its database: candles with volume, VWAP and alerts. At any time, also while the job runs.

    The stream is that of CRYPTOSTREAM_NAMESPACE and CRYPTOSTREAM_NAME, the database that of CRYPTOSTREAM_DATABASE_URL;
    given the folder of a kept run, that run's. Exit status 1: nothing is stored for what is asked. 2: settings or
    options cannot be used, or the run or the database is not there.
    """
    folder = output or directory or Path()
    try:
        wanted = _formats(formats)
        with stream_settings(directory) as settings:
            chart = read_chart(
                settings.database_url.get_secret_value(),
                settings.stream,
                symbols=symbol_names(symbols),
                start=moment("--from", start),
                end=moment("--to", end),
                interval=_length(interval),
            )
        for name in wanted:
            typer.echo(_WRITERS[name](chart, folder / f"chart.{name}"))
    except NothingToPlotError as nothing:
        typer.echo(str(nothing), err=True)
        raise typer.Exit(1) from None
    except (SettingsError, DatabaseError, RunFolderError, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _formats(text: str) -> Sequence[str]:
    names = [name.strip() for name in text.split(",")]
    if not set(names) <= set(_WRITERS):
        raise ValueError(f"--format {text!r}: write html, png, or html,png")
    return list(dict.fromkeys(names))


def _length(text: str) -> timedelta | None:
    if text == "auto":
        return None
    try:
        length: timedelta = parse_duration(text)
    except ValueError as error:
        raise ValueError(f"--interval {text!r}: {error}, or auto") from None
    return length
