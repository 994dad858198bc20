"""The command `cryptostream watch`."""

import signal
import threading
import time
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from cryptostream_model.logs import configure_logging
from cryptostream_model.settings import SettingsError, microseconds, parse_duration
from cryptostream_view.observer import StreamObserver
from cryptostream_view.plain import status_text
from cryptostream_view.settings import ViewSettings
from cryptostream_view.show import show
from cryptostream_view.title import Title


def watch(
    symbols: Annotated[str, typer.Option(help="those to show first: BTCUSDT,ETHUSDT; the others follow")] = "",
    duration: Annotated[str | None, typer.Option(help="how long: 90s, 10m; default: until Ctrl-C")] = None,
    look_back: Annotated[str, typer.Option(help="how far back to read trades at the start")] = "2m",
) -> None:
    """Watch a running stream: prices, alerts, latency. Without a terminal, in lines.

    Settings come from the job's CRYPTOSTREAM_* variables. It only reads, and may be started and stopped at any time.
    Exit status 1: Kafka or the database was never reached. 2: a setting or an option cannot be used.
    """
    try:
        settings = ViewSettings.load()
        back = microseconds(parse_duration(look_back))
        seconds = None if duration is None else microseconds(parse_duration(duration)) / 1e6
    except (SettingsError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    configure_logging("watch", "text", "ERROR")
    now = time.time_ns() // 1000
    observer = StreamObserver(settings, [name for name in symbols.split(",") if name], now - back)
    observer.start()
    observer.mark_live(now)
    title = Title("", now, seconds, (f"Kafka {settings.kafka_bootstrap}",))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        deadline = None if seconds is None else time.monotonic() + seconds
        show(observer, Console(), title, threading.Event(), deadline)
    except KeyboardInterrupt:
        pass
    finally:
        last = observer.snapshot()
        observer.stop()
    typer.echo(status_text(last))
    if last.kafka.up is None or last.database.up is None:
        raise typer.Exit(1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
