"""What the commands share that read a stream's database: which stream, which symbols, from when to when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptostream_local.kept_run import open_run
from cryptostream_plot.settings import PlotSettings


@contextmanager
def stream_settings(directory: Path | None) -> Iterator[PlotSettings]:
    """Those of the environment, or of a kept run, whose database answers for as long as the context is open."""
    if directory is None:
        yield PlotSettings.load()
        return
    with open_run(directory, with_kafka=False) as run:
        stream = run.record.name
        yield PlotSettings.load(namespace=stream.namespace, name=stream.name, database_url=run.database_url)


def symbol_names(text: str | None) -> list[str] | None:
    """Names separated by commas; None where none are given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def moment(option: str, text: str | None) -> datetime | None:
    """A time in UTC, which is meant where no zone is named. Raises ValueError, naming the option."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option} {text!r} is not a time: write 2026-11-23T10:00:00Z") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
