"""What the database holds of a stream, aggregated there and bounded by the range."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_plot.chart import AlertMark, Candle, GapMark, VwapLine, place_gap
from cryptostream_plot.intervals import Interval
from cryptostream_sql.connection import DatabaseError, connect
from cryptostream_sql.schema import check_schema

T = TypeVar("T")

_PATIENCE = timedelta(seconds=5)

_EXTENTS = """
SELECT symbols.symbol, symbols.exchange, oldest_pane.pane_start, latest_pane.pane_end,
       oldest_bucket.bucket, latest_bucket.bucket + INTERVAL '1 minute'
FROM crypto_symbols AS symbols
LEFT JOIN LATERAL (
    SELECT pane_start FROM crypto_panes AS panes
    WHERE panes.stream = symbols.stream AND panes.symbol = symbols.symbol ORDER BY pane_start LIMIT 1
) AS oldest_pane ON true
LEFT JOIN LATERAL (
    SELECT pane_end FROM crypto_panes AS panes
    WHERE panes.stream = symbols.stream AND panes.symbol = symbols.symbol ORDER BY pane_start DESC LIMIT 1
) AS latest_pane ON true
LEFT JOIN LATERAL (
    SELECT bucket FROM crypto_rollup_1m AS buckets
    WHERE buckets.stream = symbols.stream AND buckets.symbol = symbols.symbol ORDER BY bucket LIMIT 1
) AS oldest_bucket ON true
LEFT JOIN LATERAL (
    SELECT bucket FROM crypto_rollup_1m AS buckets
    WHERE buckets.stream = symbols.stream AND buckets.symbol = symbols.symbol ORDER BY bucket DESC LIMIT 1
) AS latest_bucket ON true
WHERE symbols.stream = %s
ORDER BY symbols.symbol
"""

_PANES = """
    SELECT symbol, pane_start AS start, trades, first_id, last_id, open, high, low, close,
           volume, quote_volume, taker_buy_quote_volume, backfilled_trades
    FROM crypto_panes
    WHERE stream = %(stream)s AND symbol = ANY(%(symbols)s)
      AND pane_start >= %(start)s AND pane_start < %(end)s AND trades > 0
"""

# Rollups of plain PostgreSQL hold closed panes only, so the bucket that is still growing is composed of its panes.
# Where retention has removed some of those, the rollup knows more.
_BUCKETS = """
    SELECT DISTINCT ON (symbol, start) *
    FROM (
        SELECT symbol, bucket AS start, trades, first_id, last_id, open, high, low, close,
               volume, quote_volume, taker_buy_quote_volume, NULL::bigint AS backfilled_trades
        FROM crypto_rollup_{rollup}
        WHERE stream = %(stream)s AND symbol = ANY(%(symbols)s)
          AND bucket >= %(start)s AND bucket < %(end)s AND trades > 0
        UNION ALL
        SELECT symbols.symbol, date_bin(%(bucket)s, panes.pane_start, 'epoch'), sum(trades)::bigint,
               min(first_id), max(panes.last_id), (array_agg(open ORDER BY first_id))[1], max(high), min(low),
               (array_agg(close ORDER BY panes.last_id DESC))[1],
               sum(volume), sum(quote_volume), sum(taker_buy_quote_volume), NULL
        FROM crypto_symbols AS symbols
        JOIN crypto_panes AS panes
          ON panes.stream = symbols.stream AND panes.symbol = symbols.symbol
         AND panes.pane_start >= greatest(%(start)s, date_bin(%(bucket)s, symbols.panes_closed_through, 'epoch'))
         AND panes.pane_start < %(end)s AND panes.trades > 0
        WHERE symbols.stream = %(stream)s AND symbols.symbol = ANY(%(symbols)s)
        GROUP BY 1, 2
    ) AS either
    ORDER BY symbol, start, trades DESC
"""

_CANDLES = """
SELECT symbol, date_bin(%(length)s, start, 'epoch'), sum(trades)::bigint, min(first_id), max(last_id),
       (array_agg(open ORDER BY first_id))[1], max(high), min(low), (array_agg(close ORDER BY last_id DESC))[1],
       sum(volume), sum(quote_volume), sum(taker_buy_quote_volume), sum(backfilled_trades)::bigint
FROM ({parts}) AS parts
GROUP BY 1, 2
ORDER BY 1, 2
"""

_VWAP = """
SELECT symbol, window_end, vwap FROM crypto_windows
WHERE stream = %(stream)s AND symbol = ANY(%(symbols)s) AND window_end > %(start)s AND window_end <= %(end)s
ORDER BY symbol, window_end
"""

_ALERTS = """
SELECT id, symbol, detector, state, severity, score, threshold, window_start, window_end, last_window_end, ended,
       price, details ->> 'direction', backfilled
FROM crypto_alerts
WHERE stream = %(stream)s AND symbol = ANY(%(symbols)s) AND window_end > %(start)s AND window_start < %(end)s
ORDER BY symbol, window_end, detector
"""

_GAPS = """
SELECT symbol, from_id, to_id, reason, clock FROM feed_gaps
WHERE stream = %(stream)s AND symbol = ANY(%(symbols)s) AND clock >= %(start)s AND clock < %(end)s
ORDER BY symbol, from_id
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when panes and rollups of a symbol are stored; None where there are none."""

    symbol: str
    exchange: str
    panes_start: datetime | None
    panes_end: datetime | None
    rollups_start: datetime | None
    rollups_end: datetime | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked of the tables: symbols of a stream in ``[start, end)``."""

    stream: str
    symbols: Sequence[str]
    start: datetime
    end: datetime

    def bindings(self) -> dict[str, Any]:
        return {"stream": self.stream, "symbols": list(self.symbols), "start": self.start, "end": self.end}


@contextmanager
def open_snapshot(database_url: str) -> Iterator[Connection]:
    """A read-only transaction that sees one state of the database, while a job may go on writing.

    Raises DatabaseError when the database cannot be used, has not this code's schema or refuses a statement.
    """
    connection = connect(database_url, patience=_PATIENCE, application_name="cryptostream plot")
    try:
        check_schema(connection)
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield connection
    except psycopg2.Error as error:
        raise DatabaseError(f"the database: {' '.join(str(error).split())}") from None
    finally:
        connection.close()


def read_streams(connection: Connection) -> list[str]:
    """The streams that the database knows, by name."""
    return [name for (name,) in _fetch(connection, "SELECT DISTINCT stream FROM crypto_symbols ORDER BY 1")]


def read_extents(connection: Connection, stream: str) -> list[Extent]:
    """The stream's symbols by name."""
    return [Extent(*row) for row in _fetch(connection, _EXTENTS, (stream,))]


def read_lengths(connection: Connection, stream: str) -> tuple[timedelta, timedelta] | None:
    """The lengths of the stream's panes and windows; None while no job has stored them."""
    rows = _fetch(connection, 'SELECT pane, "window" FROM crypto_writers WHERE stream = %s', (stream,))
    return rows[0] if rows and None not in rows[0] else None


def read_candles(connection: Connection, scope: Scope, interval: Interval) -> dict[str, tuple[Candle, ...]]:
    """Candles by symbol, in order of time; of those alone in which something was traded."""
    bindings = scope.bindings() | {"length": interval.length}
    parts = _PANES
    if interval.rollup:
        bindings["bucket"] = interval.rollup_length
        parts = _BUCKETS.format(rollup=interval.rollup)
    rows = _fetch(connection, _CANDLES.format(parts=parts), bindings)
    return _by_symbol(scope, [(symbol, Candle(*values)) for symbol, *values in rows])


def read_vwap(connection: Connection, scope: Scope, length: timedelta) -> dict[str, VwapLine]:
    """The closed windows' averages, of the symbols that have any."""
    rows = _fetch(connection, _VWAP, scope.bindings())
    points = _by_symbol(scope, [(symbol, (time, vwap)) for symbol, time, vwap in rows])
    return {
        symbol: VwapLine(length, tuple(time for time, _ in found), tuple(vwap for _, vwap in found))
        for symbol, found in points.items()
        if found
    }


def read_alerts(connection: Connection, scope: Scope) -> dict[str, tuple[AlertMark, ...]]:
    """Alerts by symbol whose opening window lies in the range, at least in part."""
    alerts = [AlertMark(*row) for row in _fetch(connection, _ALERTS, scope.bindings())]
    return _by_symbol(scope, [(alert.symbol, alert) for alert in alerts])


def read_gaps(
    connection: Connection, scope: Scope, candles: dict[str, tuple[Candle, ...]], interval: Interval
) -> dict[str, tuple[GapMark, ...]]:
    """Gaps by symbol, placed between the candles."""
    rows = _fetch(connection, _GAPS, scope.bindings())
    return _by_symbol(
        scope,
        [
            (symbol, place_gap(from_id, to_id, reason, clock, candles[symbol], interval))
            for symbol, from_id, to_id, reason, clock in rows
        ],
    )


def _by_symbol(scope: Scope, items: list[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {symbol: [] for symbol in scope.symbols}
    for symbol, item in items:
        found[symbol].append(item)
    return {symbol: tuple(values) for symbol, values in found.items()}


def _fetch(connection: Connection, query: str, bindings: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, bindings)
        return cursor.fetchall()
