"""The command `cryptostream local`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_demo.options import DemoOptions, check_options
from cryptostream_demo.run import run_demo
from cryptostream_demo.source import SourceError, parse_source
from cryptostream_local.run_folder import RunFolderError
from cryptostream_model.settings import Duration, parse_duration

_UNUSABLE = 2
_SIMULATED_EXCHANGE = "CRYPTOSTREAM_SIMULATOR_EXCHANGE"


def local(
    source: Annotated[
        str, typer.Option(help="simulator; binance or coinbase for the live exchange; or a recording to replay")
    ] = "simulator",
    symbols: Annotated[
        str | None,
        typer.Option(help="BTCUSDT,ETHUSDT (BTC-USD on Coinbase); simulated ones may carry trades a second: ADAUSDT:5"),
    ] = None,
    duration: Annotated[
        str | None, typer.Option(help="end by itself after so long live: 180s, 10m; default: Ctrl-C")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="folder that keeps topic, database, logs and pictures; `verify` reads it")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print the summary as JSON; all else goes to standard error")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.01, max=100_000, help="trades a second of the simulator, all symbols together")
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option(help="history fetched first, to warm the baselines; default: 35m, 1h live, less at high rates"),
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000, help="exchange seconds a real second of simulator or recording")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="the simulator's market and events follow from it")] = 3,
    plain: Annotated[
        bool, typer.Option("--plain", help="lines instead of the live view, as without a terminal")
    ] = False,
) -> None:
    """Run the whole pipeline on this machine: Kafka, PostgreSQL, an exchange, producer and Spark job.

    Shows a live view until Ctrl-C or --duration; then drains and stops everything, draws a picture and prints a
    summary. Needs no containers; what is missing is downloaded once. Ports are chosen anew where they are taken. A part
    that ends is started again, so you may kill one and watch. Settings such as CRYPTOSTREAM_WINDOW or
    CRYPTOSTREAM_DETECTORS hold here as well.

    Exit status 0: the run went as it should, also when ended by Ctrl-C. 1: a part failed for good. 2: an option cannot
    be used. 130: ended by Ctrl-C before it was live.
    """
    try:
        options = DemoOptions(
            source=parse_source(source, os.environ.get(_SIMULATED_EXCHANGE, "binance")),
            symbols=symbols,
            duration=_duration("--duration", duration),
            keep=keep,
            as_json=as_json,
            rate=rate,
            start_from=_duration("--start-from", start_from),
            speed=speed,
            seed=seed,
            plain=plain,
        )
        check_options(options)
        status = run_demo(options)
    except (SourceError, RunFolderError, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_UNUSABLE) from None
    sys.stdout.flush()
    raise typer.Exit(status)


def _duration(option: str, text: str | None) -> Duration | None:
    if text is None:
        return None
    try:
        duration: Duration = parse_duration(text)
    except ValueError as error:
        raise ValueError(f"{option} {text!r}: {error}") from None
    return duration
