"""The view's questions to the database: each walks an index from a known point, none reads a whole table."""

from collections.abc import Mapping
from typing import Any

import orjson
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_view.rows import AlertRow, BatchRow, GapTotals, PaneRow, SymbolRow, WindowRow

_EARLIER_BATCHES = 1_000
BATCHES_AT_ONCE = 2_000
_PANES_AT_ONCE = 1_000
_ALERTS_AT_ONCE = 500


def _microseconds(column: str) -> str:
    # numeric, not double precision: exact.
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


def _time(parameter: str) -> str:
    return f"(timestamptz 'epoch' + {parameter} * interval '1 microsecond')"


def covered_before(connection: Connection, stream: str, since: int) -> tuple[dict[str, int], bool]:
    """The last ids by symbol of the newest batches committed up to ``since``, and whether these are all there are."""
    found = _rows(
        connection,
        "SELECT positions::text FROM crypto_batches "
        f"WHERE stream = %(stream)s AND committed_at <= {_time('%(since)s')} "
        f"ORDER BY committed_at DESC LIMIT {_EARLIER_BATCHES}",
        stream=stream,
        since=since,
    )
    ids: dict[str, int] = {}
    for (positions,) in found:
        for symbol, last_id in orjson.loads(positions).items():
            if last_id is not None:
                ids[symbol] = max(last_id, ids.get(symbol, last_id))
    return ids, len(found) < _EARLIER_BATCHES


def batches_after(connection: Connection, stream: str, committed_at: int) -> tuple[BatchRow, ...]:
    """Batches committed after a moment, in their order; at most 2,000, so ask again until none come."""
    found = _rows(
        connection,
        f"SELECT {_microseconds('committed_at')}, positions::text FROM crypto_batches "
        f"WHERE stream = %(stream)s AND committed_at > {_time('%(after)s')} "
        f"ORDER BY committed_at LIMIT {BATCHES_AT_ONCE}",
        stream=stream,
        after=committed_at,
    )
    return tuple(BatchRow(moment, orjson.loads(positions)) for moment, positions in found)


def symbols(connection: Connection, stream: str) -> tuple[SymbolRow, ...]:
    """Symbols with their sums over the last day, from the rollup of whole minutes whose panes are all closed."""
    found = _rows(
        connection,
        f"""
        SELECT symbols.symbol, (extract(epoch FROM writers.pane) * 1000000)::bigint,
               {_microseconds("symbols.panes_closed_through")}, {_microseconds("whole.through")},
               {_microseconds("sums.first")}, sums.open, coalesce(sums.volume, 0), coalesce(sums.quote_volume, 0)
        FROM crypto_symbols AS symbols
        JOIN crypto_writers AS writers ON writers.stream = symbols.stream
        CROSS JOIN LATERAL (SELECT date_bin('1 minute', symbols.panes_closed_through, 'epoch') AS through) AS whole
        CROSS JOIN LATERAL (
            SELECT min(minutes.bucket) AS first, sum(minutes.volume) AS volume,
                   sum(minutes.quote_volume) AS quote_volume,
                   (array_agg(minutes.open ORDER BY minutes.bucket) FILTER (WHERE minutes.open IS NOT NULL))[1] AS open
            FROM crypto_rollup_1m AS minutes
            WHERE minutes.stream = symbols.stream AND minutes.symbol = symbols.symbol
              AND minutes.bucket >= whole.through - interval '24 hours' AND minutes.bucket < whole.through
        ) AS sums
        WHERE symbols.stream = %(stream)s AND writers.pane IS NOT NULL
        ORDER BY symbols.symbol
        """,
        stream=stream,
    )
    return tuple(SymbolRow(*row) for row in found)


def panes_from(connection: Connection, stream: str, cursors: Mapping[str, int]) -> tuple[PaneRow, ...]:
    """Panes of each symbol from its cursor on, at most 1,000 a symbol."""
    found = _rows(
        connection,
        f"""
        SELECT known.symbol, {_microseconds("panes.pane_start")}, {_microseconds("panes.pane_end")}, panes.open,
               panes.close, panes.volume, panes.quote_volume, panes.closed
        FROM unnest(%(symbols)s::text[], %(cursors)s::bigint[]) AS known (symbol, first)
        CROSS JOIN LATERAL (
            SELECT * FROM crypto_panes
            WHERE stream = %(stream)s AND symbol = known.symbol AND pane_start >= {_time("known.first")}
            ORDER BY pane_start LIMIT {_PANES_AT_ONCE}
        ) AS panes
        """,
        stream=stream,
        symbols=list(cursors),
        cursors=list(cursors.values()),
    )
    return tuple(PaneRow(*row) for row in found)


def latest_windows(connection: Connection, stream: str) -> tuple[WindowRow, ...]:
    """The latest closed window of each symbol."""
    found = _rows(
        connection,
        f"""
        SELECT symbols.symbol, {_microseconds("latest.window_start")}, {_microseconds("latest.window_end")},
               latest.realized_volatility
        FROM crypto_symbols AS symbols
        CROSS JOIN LATERAL (
            SELECT window_start, window_end, realized_volatility FROM crypto_windows
            WHERE stream = symbols.stream AND symbol = symbols.symbol
            ORDER BY window_end DESC LIMIT 1
        ) AS latest
        WHERE symbols.stream = %(stream)s
        """,
        stream=stream,
    )
    return tuple(WindowRow(*row) for row in found)


def alerts_from(connection: Connection, stream: str, window_end: int, updated_at: int) -> tuple[AlertRow, ...]:
    """Alerts whose opening window ends at or after a moment and that were written after another."""
    found = _rows(
        connection,
        f"""
        SELECT alerts.id, alerts.symbol, alerts.detector, alerts.state, alerts.revision, alerts.severity, alerts.score,
               alerts.threshold, {_microseconds("alerts.window_end")}, {_microseconds("alerts.ended")}, alerts.price,
               alerts.backfilled, alerts.details ->> 'direction', (alerts.details ->> 'ratio')::double precision,
               {_microseconds("alerts.updated_at")}
        FROM crypto_symbols AS symbols
        CROSS JOIN LATERAL (
            SELECT * FROM crypto_alerts
            WHERE stream = symbols.stream AND symbol = symbols.symbol AND window_end >= {_time("%(window_end)s")}
        ) AS alerts
        WHERE symbols.stream = %(stream)s AND alerts.updated_at >= {_time("%(updated_at)s")}
        ORDER BY alerts.updated_at DESC LIMIT {_ALERTS_AT_ONCE}
        """,
        stream=stream,
        window_end=window_end,
        updated_at=updated_at,
    )
    return tuple(AlertRow(*row) for row in found)


def gap_totals(connection: Connection, stream: str) -> GapTotals:
    """Gaps of the stream and the ids they miss."""
    ((gaps, missing),) = _rows(
        connection,
        "SELECT count(*), coalesce(sum(to_id - from_id + 1), 0)::bigint FROM feed_gaps WHERE stream = %(stream)s",
        stream=stream,
    )
    return GapTotals(gaps, missing)


def _rows(connection: Connection, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
