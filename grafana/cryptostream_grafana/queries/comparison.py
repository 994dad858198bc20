"""Symbols against each other. Long results: Grafana makes a series of each ``metric``."""

from cryptostream_grafana.queries.prices import CLOSE, TRAILING_FRAME
from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import bucket, rows_of_range
from cryptostream_grafana.queries.scope import SYMBOLS

_YEAR = 31_557_600
_BUDGET = Budget(rows=10_000, buffers=4_000)
_CLOSES = f"""closes AS (
  SELECT symbol,
         {bucket("bucket")} AS time,
         {CLOSE}::double precision AS close
  FROM {rows_of_range("symbol, last_id, close", SYMBOLS)} AS source
  GROUP BY 1, 2
  HAVING max(last_id) IS NOT NULL
)"""


def normalised() -> Query:
    """Change in percent since each symbol's first price in the range."""
    return Query(
        f"""WITH {_CLOSES}
SELECT time,
       symbol AS metric,
       (close / first_value(close) OVER (PARTITION BY symbol ORDER BY time) - 1) * 100 AS change
FROM closes
ORDER BY time, symbol""",
        {"time": "time", "metric": "text", "change": "number"},
        _BUDGET,
        format="time_series",
    )


def realised_volatility() -> Query:
    """Realised volatility of the trailing intervals in percent a year, from their closing prices."""
    return Query(
        f"""WITH {_CLOSES}, returns AS (
  SELECT symbol,
         time,
         ln(close / lag(close) OVER consecutive) AS change,
         extract(epoch FROM time - lag(time) OVER consecutive)::double precision AS seconds
  FROM closes
  WINDOW consecutive AS (PARTITION BY symbol ORDER BY time)
)
SELECT time,
       symbol AS metric,
       100 * sqrt({_YEAR} * sum(change ^ 2) OVER recent / nullif(sum(seconds) OVER recent, 0)) AS volatility
FROM returns
WHERE change IS NOT NULL
WINDOW recent AS (PARTITION BY symbol {TRAILING_FRAME})
ORDER BY time, symbol""",
        {"time": "time", "metric": "text", "volatility": "number"},
        _BUDGET,
        format="time_series",
    )
