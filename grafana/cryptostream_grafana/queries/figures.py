"""One row of figures per symbol: what a ticker says."""

from cryptostream_grafana.queries.prices import CLOSE, OPEN
from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import bucket, rows_of_range
from cryptostream_grafana.queries.scope import SYMBOLS

_BUDGET = Budget(rows=100, buffers=4_000)
_COLUMNS = "symbol, trades, first_id, last_id, open, high, low, close, volume, quote_volume"
_FIGURES = f"""figures AS (
  SELECT symbol,
         {OPEN} AS open,
         max(high) AS high,
         min(low) AS low,
         {CLOSE} AS close,
         max(greatest(scale(trim_scale(high)), scale(trim_scale(low)))) AS decimals,
         sum(trades) AS trades,
         sum(quote_volume) AS quote_volume,
         sum(quote_volume) / nullif(sum(volume), 0) AS vwap
  FROM {rows_of_range(_COLUMNS, SYMBOLS)} AS source
  GROUP BY symbol
)"""
_LIVE = "$__timeTo()::timestamptz > now() - INTERVAL '1 minute'"
AGE = f"CASE WHEN {_LIVE} THEN greatest(0, extract(epoch FROM now() - known.traded_at))::double precision END"
"""Since the last trade; a range in the past has none."""
_CHANGE = "((figures.close / nullif(figures.open, 0) - 1) * 100)::double precision"
_DEVIATION = "(figures.close::double precision / nullif(figures.vwap, 0) - 1) * 100"
_KNOWN = f"""(
  SELECT symbol, traded_at FROM crypto_symbols
  WHERE {SYMBOLS} AND origin <= $__timeTo()
) AS known
LEFT JOIN figures USING (symbol)"""


def ticker() -> Query:
    """Figures of a panel of one symbol, one row even when nothing was traded."""
    return Query(
        f"""WITH {_FIGURES}
SELECT {_CHANGE} AS change,
       figures.quote_volume AS volume,
       {_DEVIATION} AS deviation,
       {AGE} AS age
FROM {_KNOWN}""",
        {"change": "number", "volume": "number", "deviation": "number", "age": "number"},
        _BUDGET,
    )


def sparkline() -> Query:
    """Closing prices of a panel of one symbol."""
    return Query(
        f"""SELECT {bucket("bucket")} AS time,
       {CLOSE}::double precision AS last
FROM {rows_of_range("last_id, close", SYMBOLS)} AS source
GROUP BY 1
HAVING max(last_id) IS NOT NULL
ORDER BY 1""",
        {"time": "time", "last": "number"},
        Budget(rows=400, buffers=1_500),
    )


def watchlist() -> Query:
    """All selected symbols, prices with the decimals that each one's prices have."""
    return Query(
        f"""WITH {_FIGURES}
SELECT known.symbol,
       round(figures.close, figures.decimals)::text AS last,
       {_CHANGE} AS change,
       round(figures.low, figures.decimals)::text AS low,
       round(figures.high, figures.decimals)::text AS high,
       ((figures.close - figures.low) / nullif(figures.high - figures.low, 0) * 100)::double precision AS position,
       figures.quote_volume AS volume,
       {_DEVIATION} AS deviation,
       (figures.trades / greatest(1, $__unixEpochTo() - $__unixEpochFrom()))::double precision AS rate,
       alerts.fired AS alerts,
       {AGE} AS age
FROM {_KNOWN}
LEFT JOIN (
  SELECT symbol, count(*) AS fired FROM crypto_alerts
  WHERE {SYMBOLS} AND $__timeFilter(window_end) AND state <> 'withdrawn'
  GROUP BY symbol
) AS alerts USING (symbol)
ORDER BY figures.quote_volume DESC NULLS LAST, known.symbol""",
        {
            "symbol": "text",
            "last": "text",
            "change": "number",
            "low": "text",
            "high": "text",
            "position": "number",
            "volume": "number",
            "deviation": "number",
            "rate": "number",
            "alerts": "number",
            "age": "number",
        },
        _BUDGET,
    )
