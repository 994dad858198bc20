"""Where the panes come from: a recording, or what a job has stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import RealDictCursor

from cryptostream_backtest.panes import panes_of
from cryptostream_job.columns import PANE_COLUMNS, selected
from cryptostream_job.load import pane_from_row
from cryptostream_job.model import Geometry, Pane
from cryptostream_job.times import to_microseconds
from cryptostream_model.settings import microseconds
from cryptostream_plot.intervals import in_words
from cryptostream_simulator.recorded import read_recording


@dataclass(frozen=True, slots=True)
class Source:
    """Panes by symbol, each in order of start. ``warnings`` say in what it is not whole."""

    exchange: str
    panes: Mapping[str, Sequence[Pane]]
    warnings: Sequence[str] = ()


def recorded_panes(path: Path, symbols: Sequence[str] | None, geometry: Geometry) -> Source:
    """The panes of a recording in any form that ``cryptostream replay`` reads. Raises RecordingError."""
    recording = read_recording(path, symbols)
    panes = {
        symbol: panes_of(trades, geometry, symbol, recording.exchange) for symbol, trades in recording.trades.items()
    }
    return Source(recording.exchange, panes, recording.warnings)


def stored_panes(
    connection: Connection,
    stream: str,
    symbols: Sequence[str] | None,
    start: datetime | None,
    end: datetime | None,
    geometry: Geometry,
) -> Source:
    """The panes that the database holds of a stream, in ``[start, end)``.

    Raises LookupError when there are none, ValueError when they have another length than the geometry's: panes can be
    composed to other windows, but not cut.
    """
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("SELECT pane FROM crypto_writers WHERE stream = %s", (stream,))
        lengths: list[timedelta] = [row["pane"] for row in cursor.fetchall() if row["pane"] is not None]
        if lengths and microseconds(lengths[0]) != geometry.pane:
            raise ValueError(
                f"the stored panes of {stream} are {in_words(lengths[0])} long, the configuration wants "
                f"{in_words(timedelta(microseconds=geometry.pane))}: set its pane to {in_words(lengths[0])}"
            )
        cursor.execute(
            f"SELECT {selected(PANE_COLUMNS)} FROM crypto_panes WHERE stream = %(stream)s "
            "AND (%(symbols)s::text[] IS NULL OR symbol = ANY(%(symbols)s)) "
            "AND pane_start >= coalesce(%(start)s, '-infinity'::timestamptz) "
            "AND pane_start < coalesce(%(end)s, 'infinity'::timestamptz) ORDER BY symbol, pane_start",
            {"stream": stream, "symbols": None if symbols is None else list(symbols), "start": start, "end": end},
        )
        panes: dict[str, list[Pane]] = {}
        for row in cursor:
            pane = pane_from_row(dict(row))
            panes.setdefault(pane.symbol, []).append(pane)
    if not panes:
        named = "any symbol" if symbols is None else ", ".join(symbols)
        raise LookupError(f"the database holds no panes of {named} of {stream} in this range")
    return Source(next(iter(panes.values()))[0].exchange, panes)


def within(source: Source, start: datetime | None, end: datetime | None) -> Source:
    """The panes that begin in ``[start, end)``. Raises LookupError when none do."""
    low = None if start is None else to_microseconds(start)
    high = None if end is None else to_microseconds(end)
    kept = {
        symbol: [pane for pane in panes if (low is None or pane.start >= low) and (high is None or pane.start < high)]
        for symbol, panes in source.panes.items()
    }
    if not any(kept.values()):
        raise LookupError("nothing was traded in this range")
    return Source(source.exchange, {symbol: panes for symbol, panes in kept.items() if panes}, source.warnings)
