"""The command line of the simulator."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_model.logs import configure_logging
from cryptostream_model.settings import SettingsError
from cryptostream_simulator.recorded import RecordingError
from cryptostream_simulator.server import run_simulator
from cryptostream_simulator.settings import SimulatorSettings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def simulate(
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    exchange: Annotated[
        str | None, typer.Option(help="Whose protocol is spoken: binance (default) or coinbase.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    symbols: Annotated[
        str | None, typer.Option(help='What is traded: "BTCUSDT:50,QUIETUSDT:0.02,HALTUSDT:halted,XUSDT:5:halted@60s".')
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed and settings give the same tape.")] = None,
    speed: Annotated[float | None, typer.Option(help="Exchange seconds a real second.")] = None,
    origin: Annotated[datetime | None, typer.Option(help="Exchange time of the live start; default: now.")] = None,
    history: Annotated[
        str | None, typer.Option(help="Tape before the live start, for example 2h; REST serves it.")
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            help="SYMBOL:TYPE@OFFSET[:SIZE[:DURATION]], for example BTCUSDT:flash_crash@90s:15:30s. Repeatable."
        ),
    ] = None,
    events_per_hour: Annotated[
        float | None, typer.Option(help="Events drawn from the seed, per symbol and hour.")
    ] = None,
    tape: Annotated[
        Path | None, typer.Option(help="Recording to serve: CSV or NDJSON of trades, also gzipped.")
    ] = None,
    original_times: Annotated[
        bool | None, typer.Option("--original-times", help="Keep the recording's times; the clock starts before them.")
    ] = None,
    lead_in: Annotated[str | None, typer.Option(help="From the live start to the recording's first trade.")] = None,
    log_format: Annotated[str | None, typer.Option(help="json or text.")] = None,
) -> None:
    """Serve a simulated exchange on one port, in Binance's spot protocol or in Coinbase Exchange's.

    Binance: ws://HOST:PORT/ws/btcusdt@aggTrade or /stream?streams=a/b (aggTrade, trade); /api/v3/aggTrades,
    historicalTrades, trades, time, exchangeInfo, ping. Coinbase: ws://HOST:PORT, subscribe to matches and heartbeat;
    /products, /products/ID, /products/ID/trades, /time. Admin: POST, GET, DELETE /admin/faults; GET
    /admin/tape?symbol=S, /admin/labels, /admin/state; /metrics.

    Event types: price_spike, pump_and_dump, flash_crash (size in pane volatilities), volatility_burst (factor on
    volatility), volume_surge (factor on volume), halt.

    When ready, one line of JSON on standard output names the port. Every option, and more, can also be set as
    CRYPTOSTREAM_SIMULATOR_<NAME>; options win.
    """
    given = {
        "port": port,
        "exchange": exchange,
        "host": host,
        "symbols": symbols,
        "seed": seed,
        "speed": speed,
        "origin": origin,
        "history": history,
        "events": tuple(event) if event else None,
        "events_per_hour": events_per_hour,
        "tape": tape,
        "original_times": original_times,
        "lead_in": lead_in,
        "log_format": log_format,
    }
    try:
        settings = SimulatorSettings.load(**{name: value for name, value in given.items() if value is not None})
        configure_logging("simulator", settings.log_format, settings.log_level)
        run_simulator(settings)
    except (SettingsError, RecordingError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from None
    except OSError as error:
        sys.stderr.write(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}\n")
        raise typer.Exit(1) from None
