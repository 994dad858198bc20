"""Pictures of a stream, from its database to files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_model.streams import StreamName
from cryptostream_plot.chart import Chart, SymbolChart, running_vwap, spans_over_rest
from cryptostream_plot.errors import NothingToPlotError
from cryptostream_plot.html import write_html
from cryptostream_plot.intervals import asked_interval, choose_interval
from cryptostream_plot.png import write_png
from cryptostream_plot.scope import Availability, choose_range, choose_symbols
from cryptostream_plot.stored import (
    Scope,
    open_snapshot,
    read_alerts,
    read_candles,
    read_extents,
    read_gaps,
    read_lengths,
    read_streams,
    read_vwap,
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """The files of a chart."""

    html: Path
    png: Path


def draw_pictures(
    database_url: str,
    stream: StreamName,
    folder: Path,
    *,
    symbols: Sequence[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    interval: timedelta | None = None,
) -> Pictures:
    """Write ``chart.html`` and ``chart.png`` into a folder, which is created; at any time, also while a job writes.

    Arguments and errors are those of ``read_chart``.
    """
    chart = read_chart(database_url, stream, symbols=symbols, start=start, end=end, interval=interval)
    return Pictures(html=write_html(chart, folder / "chart.html"), png=write_png(chart, folder / "chart.png"))


def read_chart(
    database_url: str,
    stream: StreamName,
    *,
    symbols: Sequence[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    interval: timedelta | None = None,
) -> Chart:
    """Read what a picture shows.

    ``symbols``: all of the stream by default, the most traded first. ``end``: the end of the stored data; ``start``: a
    day before it, or where the data begins; both aware. ``interval`` is the length of a candle, chosen to suit the
    range by default. Raises NothingToPlotError when nothing is stored for what is asked, ValueError when the interval
    or the range cannot be, DatabaseError when the database cannot be used.
    """
    with open_snapshot(database_url) as connection:
        return _read(connection, str(stream), symbols, start, end, interval)


def _read(
    connection: Connection,
    stream: str,
    asked_symbols: Sequence[str] | None,
    asked_start: datetime | None,
    asked_end: datetime | None,
    asked_length: timedelta | None,
) -> Chart:
    extents, lengths = read_extents(connection, stream), read_lengths(connection, stream)
    if not extents or lengths is None:
        others = ", ".join(read_streams(connection)) or "no stream at all"
        raise NothingToPlotError(
            f"the database holds nothing of the stream {stream}, it holds {others}: "
            "see that CRYPTOSTREAM_NAMESPACE and CRYPTOSTREAM_NAME are right, or wait for its job's first batch"
        )
    pane, window = lengths
    names = choose_symbols(asked_symbols, [extent.symbol for extent in extents])
    exchanges = {extent.symbol: extent.exchange for extent in extents}
    available = Availability.of([extent for extent in extents if extent.symbol in names])
    start, end = choose_range(asked_start, asked_end, available, stream)
    reach = available.panes_reach(start)
    interval = (
        choose_interval(start, end, pane, panes_reach=reach)
        if asked_length is None
        else asked_interval(asked_length, start, end, pane, panes_reach=reach)
    )
    scope = Scope(stream, names, interval.floor(start), interval.ceil(end))
    candles = read_candles(connection, scope, interval)
    if not any(candles.values()):
        raise NothingToPlotError(f"nothing was traded {available.instead_of(start, end, stream)}")
    # Rollups are read where candles are longer than windows or windows are no longer kept.
    windows = read_vwap(connection, scope, window) if interval.rollup is None else {}
    alerts, gaps = read_alerts(connection, scope), read_gaps(connection, scope, candles, interval)
    charts = [
        SymbolChart(
            symbol=name,
            exchange=exchanges[name],
            candles=candles[name],
            vwap=windows[name] if name in windows else running_vwap(candles[name], interval),
            alerts=alerts[name],
            gaps=gaps[name],
            over_rest=spans_over_rest(candles[name], interval.length),
        )
        for name in names
    ]
    if asked_symbols is None:
        charts.sort(key=lambda chart: (-chart.quote_volume, chart.symbol))
    return Chart(stream, scope.start, scope.end, interval, tuple(charts))
