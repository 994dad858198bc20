"""The command `cryptostream replay`: a recording, served in its exchange's own protocol."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_model.logs import configure_logging
from cryptostream_model.settings import SettingsError
from cryptostream_simulator.recorded import RecordingError
from cryptostream_simulator.server import run_simulator
from cryptostream_simulator.settings import SimulatorSettings


def replay(
    file: Annotated[
        Path, typer.Argument(help="What `cryptostream record` wrote; also CSV, NDJSON of trade events, captures.")
    ],
    speed: Annotated[float | None, typer.Option(help="Exchange seconds a real second.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Comma-separated; default: all that are in the file.")] = None,
    original_time: Annotated[
        bool, typer.Option("--original-time", help="Keep the recorded times instead of moving them to now.")
    ] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Play it again and again, ids and times going on.")] = False,
    lead_in: Annotated[str | None, typer.Option(help="Exchange time before the first trade; default: 2s.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    log_format: Annotated[str | None, typer.Option(help="json or text.")] = None,
) -> None:
    """Serve a recording as its exchange would: WebSocket and REST on one port, until it is stopped.

    The first trade comes now, the others at their distances divided by the speed. At a speed other than 1 the
    exchange's clock runs away from the host's: it is ahead by (speed - 1) seconds more every second, so ages of trades
    taken against the host's clock turn negative; with --original-time they are as old as the recording. Ages against
    the exchange's own clock (REST time) stay right in both.

    When ready, one line of JSON on standard output names the port, the exchange and the symbols; /admin/state tells
    `tapeEnd`, the exchange time of the last trade (null with --loop). After it the market is silent. Exit status 2:
    the recording or a setting cannot be used; 1: the port cannot be had.
    """
    given = {
        "speed": speed,
        "tape_symbols": symbols,
        "lead_in": lead_in,
        "port": port,
        "host": host,
        "log_format": log_format,
        "original_times": original_time or None,
        "loop": loop or None,
    }
    try:
        settings = SimulatorSettings.load(
            tape=file,
            **{name: value for name, value in given.items() if value is not None},
        )
        configure_logging("replay", settings.log_format, settings.log_level)
        run_simulator(settings)
    except (SettingsError, RecordingError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        sys.stderr.write(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}\n")
        raise typer.Exit(1) from None
