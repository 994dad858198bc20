"""The end of a run: let the pipeline finish what it has read, draw the picture, stop everything."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
from rich.console import Console
from rich.text import Text

from cryptostream_demo.children import STREAM, stop_file
from cryptostream_demo.drain import drain
from cryptostream_demo.live import LiveOutcome
from cryptostream_demo.pipeline import Pipeline
from cryptostream_demo.summary import (
    AlertLine,
    InjectedEvent,
    StoredCounts,
    Summary,
    match_events,
    stored_alerts,
    stored_counts,
    stored_extents,
)
from cryptostream_producer.exchanges import EXCHANGES
from cryptostream_sql.connection import DatabaseError, connect

_PRODUCER_SECONDS = 15.0
_JOB_SECONDS = 30.0
_DRAIN = timedelta(seconds=30)
_DRAIN_OF_A_STARTING_JOB = timedelta(seconds=90)
_NOTHING = StoredCounts(0, 0, 0, 0, 0, 0, 0, 0, 0)


def end_run(pipeline: Pipeline, outcome: LiveOutcome, start_seconds: float, console: Console) -> Summary:
    """Stop the parts in the order of the data's way, so that nothing is on the way when the last one ends."""
    notes = [] if pipeline.cold is None else [pipeline.cold]
    addresses = pipeline.addresses()
    with _said(console, "finishing (Ctrl-C again ends at once)"):
        pipeline.children["producer"].stop(_PRODUCER_SECONDS)
        behind = drain(pipeline.bootstrap, pipeline.database_url, _revive(pipeline))
        _stop_job(pipeline)
        pictures = _draw(pipeline, notes)
        counts = _NOTHING
        alerts: tuple[AlertLine, ...] = ()
        injected: tuple[InjectedEvent, ...] = ()
        try:
            connection = connect(pipeline.database_url, application_name="cryptostream local")
            try:
                counts = stored_counts(connection, str(STREAM))
                alerts = stored_alerts(connection, str(STREAM))
                if pipeline.options.keep is not None:
                    _save_tape(pipeline, stored_extents(connection, str(STREAM)))
            finally:
                connection.close()
            if pipeline.exchange is not None:
                now = pipeline.exchange.now()
                begun = [label for label in pipeline.exchange.labels() if label["start"] < now]
                injected = match_events(begun, alerts)
        except (DatabaseError, psycopg2.Error, OSError) as error:
            notes.append(" ".join(str(error).split()))
        if "exchange" in pipeline.children:
            pipeline.children["exchange"].stop(5.0)
        for server in pipeline.servers.values():
            server.stop()
    options = pipeline.options
    return Summary(
        stream=str(STREAM),
        source=options.source.describe(),
        exchange=pipeline.exchange_name,
        symbols=pipeline.symbols,
        start_seconds=round(start_seconds, 1),
        live_seconds=round(outcome.live_seconds, 1),
        first_alert_seconds=outcome.first_alert_seconds,
        stored=counts,
        latency=outcome.latency,
        catch_up_trades=outcome.catch_up_trades,
        alerts=alerts,
        injected=injected,
        restarts=outcome.restarts,
        behind=tuple(behind),
        addresses=addresses,
        pictures=pictures,
        folder=str(pipeline.folder.path),
        kept=options.keep is not None,
        failure=outcome.failure,
        notes=tuple(notes),
    )


def _revive(pipeline: Pipeline) -> timedelta:
    """Start again what the data still has to pass and has just ended; returns how long the rest may take."""
    for server in pipeline.servers.values():
        if not server.running():
            server.start()
    if pipeline.children["job"].running():
        return _DRAIN
    pipeline.restart_job()
    return _DRAIN_OF_A_STARTING_JOB


def _stop_job(pipeline: Pipeline) -> None:
    """By its stop file, so that it ends between two batches; by force when it does not."""
    stop_file(pipeline.folder).touch()
    job = pipeline.children["job"]
    deadline = time.monotonic() + _JOB_SECONDS
    while job.running() and time.monotonic() < deadline:
        time.sleep(0.05)
    job.kill()
    stop_file(pipeline.folder).unlink(missing_ok=True)


def _draw(pipeline: Pipeline, notes: list[str]) -> dict[str, str]:
    # Loading the libraries takes seconds, which the start can do without.
    from cryptostream_plot.errors import NothingToPlotError  # noqa: PLC0415
    from cryptostream_plot.pictures import draw_pictures  # noqa: PLC0415

    try:
        pictures = draw_pictures(pipeline.database_url, STREAM, pipeline.folder.path)
    except (NothingToPlotError, DatabaseError, psycopg2.Error, OSError) as error:
        notes.append(f"no picture: {' '.join(str(error).split())}")
        return {}
    return {"chart": str(pictures.html), "picture": str(pictures.png)}


def _save_tape(pipeline: Pipeline, extents: dict[str, tuple[int, int]]) -> None:
    """What the exchange says was traded, for `verify` to hold the topic against."""
    if pipeline.exchange is None:
        return
    feed = os.environ.get("CRYPTOSTREAM_FEED", EXCHANGES[pipeline.exchange_name].feeds[0])
    for symbol, (first, last) in extents.items():
        pipeline.exchange.save_tape(pipeline.folder.tape, symbol, feed, first, last)


@contextmanager
def _said(console: Console, text: str) -> Iterator[None]:
    if console.is_terminal:
        with console.status(Text(text)):
            yield
    else:
        console.print(Text(text))
        yield
