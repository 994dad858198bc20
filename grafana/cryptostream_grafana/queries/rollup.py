"""Which table serves an interval: the coarsest whose buckets it is made of.

Interval and range are numbers once Grafana has expanded them, so PostgreSQL decides while planning: of the branches
below all but one are gone before anything is read. From RAW_RANGE on panes are never read, however short the interval.
"""

from dataclasses import dataclass

RAW_RANGE = 6 * 3600
"""Seconds of range from which rollups alone are read."""
INTERVAL_MS = "$__interval_ms"
RANGE = "($__unixEpochTo() - $__unixEpochFrom())"
WIDTH_MS = f"greatest({INTERVAL_MS}, CASE WHEN {RANGE} >= {RAW_RANGE} THEN 60000 ELSE 1000 END)"
WIDTH = f"make_interval(secs => {WIDTH_MS} / 1000.0)"
"""The length of a bucket of the result."""
SECONDS = f"({WIDTH_MS} / 1000.0)"

_SHORT = f"({INTERVAL_MS} < 60000 AND {RANGE} < {RAW_RANGE})"
PRICES = "crypto_rollup"
TRADE_SIZES = "crypto_rollup_sizes"
"""What the rollups of prices and volumes, and those of sizes of trades, are called before their width."""


@dataclass(frozen=True, slots=True)
class _Source:
    width: str | None
    """That of the rollup, None for panes."""
    serves: str


_SOURCES = (
    _Source(None, _SHORT),
    _Source("1m", f"(NOT {_SHORT} AND {INTERVAL_MS} < 300000)"),
    _Source("5m", f"({INTERVAL_MS} >= 300000 AND {INTERVAL_MS} < 3600000)"),
    _Source("1h", f"({INTERVAL_MS} >= 3600000)"),
)


def bucket(column: str) -> str:
    """The start of the result's bucket that holds a time, on the grid of the epoch."""
    return f"date_bin({WIDTH}, {column}, 'epoch'::timestamptz)"


def rows_of_range(columns: str, where: str, rollup: str = PRICES) -> str:
    """The rows of the serving table in the dashboard's range, as a sub-select with ``bucket`` and ``columns``.

    ``columns`` are those that panes and rollups have in common, separated by commas; ``where`` names the stream and the
    symbols; ``rollup`` is PRICES or TRADE_SIZES.
    """
    branches = (
        f"SELECT {time} AS bucket, {columns}\n"
        f"  FROM {table}\n"
        f"  WHERE {source.serves}\n"
        f"    AND {where} AND $__timeFilter({time})"
        for source in _SOURCES
        for table, time in [(f"{rollup}_{source.width}", "bucket") if source.width else ("crypto_panes", "pane_start")]
    )
    return "(\n  " + "\n  UNION ALL\n  ".join(branches) + "\n)"
