"""The commands `cryptostream record` and `cryptostream replay`."""

import signal
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cryptostream_model.logs import configure_logging
from cryptostream_model.settings import SettingsError, parse_duration
from cryptostream_producer.settings import ProducerSettings
from cryptostream_producer.startup import ConfigurationError
from cryptostream_recorder.file import UnusableFileError
from cryptostream_recorder.progress import shown, summary_text
from cryptostream_recorder.recorder import Recorder, RecordingFailedError
from cryptostream_recorder.replay import replay
from cryptostream_recorder.sizes import parse_size

__all__ = ["record", "replay"]

_FAILED = 1
_UNUSABLE = 2


def record(
    file: Annotated[Path, typer.Argument(help="File to write, for example btc.ndjson.gz.")],
    exchange: Annotated[str | None, typer.Option(help="Exchange to record; default: binance.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Comma-separated, for example BTCUSDT,ETHUSDT.")] = None,
    feed: Annotated[str | None, typer.Option(help="Feed of the exchange; default: its first.")] = None,
    duration: Annotated[str | None, typer.Option(help="How long: 30s, 10m, 2h; default: until Ctrl-C.")] = None,
    max_size: Annotated[str | None, typer.Option(help="End at this size of the file: 500MB, 2GB.")] = None,
    websocket_url: Annotated[
        str | None, typer.Option(help="ws:// or wss:// base URL; default: the exchange's.")
    ] = None,
    rest_url: Annotated[str | None, typer.Option(help="http:// or https:// base URL; default: the exchange's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Record an exchange's live trades to a compressed file that `cryptostream replay` serves again.

    Frames are kept exactly as received. Ids that the stream lost are fetched over REST; those that cannot be had are
    named in the summary and in the file's last line. The file is readable at every moment, even after a crash.
    Settings of the connection come from the producer's CRYPTOSTREAM_* variables; options win.

    Exit status 0: recorded until its end, Ctrl-C included. 1: the disk refused, or the exchange was never reached.
    2: settings or the file cannot be used.
    """
    given = {
        "exchange": exchange,
        "symbols": symbols,
        "feed": feed,
        "websocket_url": websocket_url,
        "rest_url": rest_url,
    }
    try:
        settings = ProducerSettings.load(
            **{name: value for name, value in given.items() if value is not None}, shards=1, shard=0
        )
        length = _length(duration)
        recorder = Recorder(settings, file, force, None if max_size is None else parse_size(max_size))
        with shown(recorder):
            _configure_logging(settings)
            _end_on_signals(recorder)
            summary = recorder.run(length)
    except (SettingsError, UnusableFileError, ConfigurationError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_UNUSABLE) from None
    except RecordingFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAILED) from None
    if as_json:
        typer.echo(orjson.dumps(_machine_summary(file, recorder, summary)).decode())
    else:
        typer.echo(summary_text(str(file), recorder.account, recorder.size, recorder.ended_by or ""))


def _length(text: str | None) -> float | None:
    if text is None:
        return None
    length = parse_duration(text)
    if not isinstance(length, timedelta) or length <= timedelta(0):
        raise ValueError(f"--duration {text!r}: must be above 0")
    return length.total_seconds()


def _configure_logging(settings: ProducerSettings) -> None:
    """Warnings as text between the lines of progress, unless the environment asks for something else."""
    chosen = settings.model_fields_set
    configure_logging(
        "record",
        settings.log_format if "log_format" in chosen else "text",
        settings.log_level if "log_level" in chosen else "WARNING",
    )


def _end_on_signals(recorder: Recorder) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: recorder.stop("signal"))


def _machine_summary(file: Path, recorder: Recorder, summary: dict[str, Any]) -> dict[str, Any]:
    return {"file": str(file), "bytes": recorder.size, "reason": recorder.ended_by, **summary}
