"""Prices of the charted symbol: candles, VWAP and bands."""

from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import SECONDS, bucket, rows_of_range
from cryptostream_grafana.queries.scope import CHART, SYMBOLS

TRAILING = 12
"""Intervals that averages, bands and realised volatility look back over, as those of ``cryptostream plot`` do."""
BAND_WIDTH = 2
"""Standard deviations between the average and each band."""
_PRICES = "first_id, last_id, open, high, low, close, volume, quote_volume"
OPEN = "(array_agg(open ORDER BY first_id) FILTER (WHERE first_id IS NOT NULL))[1]"
CLOSE = "(array_agg(close ORDER BY last_id DESC) FILTER (WHERE last_id IS NOT NULL))[1]"
TRAILING_FRAME = (
    f"ORDER BY time RANGE BETWEEN make_interval(secs => {TRAILING - 1} * {SECONDS}) PRECEDING AND CURRENT ROW"
)


def candles() -> Query:
    """Candles with their volume, and the volume-weighted average of the trailing intervals with its bands.

    A band is BAND_WIDTH volume-weighted standard deviations of the intervals' average prices away.
    """
    return Query(
        f"""WITH candles AS (
  SELECT {bucket("bucket")} AS time,
         {OPEN} AS open,
         max(high) AS high,
         min(low) AS low,
         {CLOSE} AS close,
         sum(volume) AS base_volume,
         sum(quote_volume) AS quote_volume,
         sum(quote_volume ^ 2 / nullif(volume, 0)) AS squares
  FROM {rows_of_range(_PRICES, CHART)} AS source
  GROUP BY 1
), averaged AS (
  SELECT *,
         sum(quote_volume) OVER recent / nullif(sum(base_volume) OVER recent, 0) AS vwap,
         sum(squares) OVER recent / nullif(sum(base_volume) OVER recent, 0) AS mean_square
  FROM candles
  WINDOW recent AS ({TRAILING_FRAME})
)
SELECT time,
       open::double precision AS open,
       high::double precision AS high,
       low::double precision AS low,
       close::double precision AS close,
       quote_volume AS volume,
       vwap AS "VWAP",
       vwap + {BAND_WIDTH} * sqrt(greatest(0, mean_square - vwap ^ 2)) AS "upper band",
       vwap - {BAND_WIDTH} * sqrt(greatest(0, mean_square - vwap ^ 2)) AS "lower band"
FROM averaged
WHERE open IS NOT NULL
ORDER BY time""",
        {
            "time": "time",
            "open": "number",
            "high": "number",
            "low": "number",
            "close": "number",
            "volume": "number",
            "VWAP": "number",
            "upper band": "number",
            "lower band": "number",
        },
        Budget(rows=1_000, buffers=1_500),
    )


def trend() -> Query:
    """Closing prices with the volume-weighted moving average of the trailing intervals, in a panel of one symbol."""
    return Query(
        f"""WITH points AS (
  SELECT {bucket("bucket")} AS time,
         {CLOSE} AS close,
         sum(volume) AS base_volume,
         sum(quote_volume) AS quote_volume
  FROM {rows_of_range("last_id, close, volume, quote_volume", SYMBOLS)} AS source
  GROUP BY 1
)
SELECT time,
       close::double precision AS price,
       sum(quote_volume) OVER recent / nullif(sum(base_volume) OVER recent, 0) AS "moving average"
FROM points
WHERE close IS NOT NULL
WINDOW recent AS ({TRAILING_FRAME})
ORDER BY time""",
        {"time": "time", "price": "number", "moving average": "number"},
        Budget(rows=1_000, buffers=1_500),
    )


def charted_decimals() -> Query:
    """How many decimals the charted symbol's prices have."""
    return _decimals(CHART)


def decimals() -> Query:
    """How many decimals prices have in a panel of one symbol."""
    return _decimals(SYMBOLS)


def _decimals(scope: str) -> Query:
    return Query(
        f"""SELECT coalesce(max(greatest(scale(trim_scale(high)), scale(trim_scale(low)))), 2) AS decimals
FROM {rows_of_range("high, low", scope)} AS source""",
        {"decimals": "number"},
        Budget(rows=1, buffers=1_500),
    )
