"""Prices of the charted symbol: candles, VWAP and bands."""

from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import SECONDS, bucket, rows_of_range
from cryptostream_grafana.queries.scope import CHART

TRAILING = 12
"""Intervals that averages, bands and realised volatility look back over, as those of ``cryptostream plot`` do."""
BAND_WIDTH = 2
"""Standard deviations between the average and each band."""
_PRICES = "first_id, last_id, open, high, low, close, volume, quote_volume, taker_buy_quote_volume"
_BUDGET = Budget(rows=1_000, buffers=4_000)


def candles() -> Query:
    """Candles with their volume, and the volume-weighted average of the trailing intervals with its bands.

    A band is BAND_WIDTH volume-weighted standard deviations of the intervals' average prices away.
    """
    return Query(
        f"""WITH candles AS (
  SELECT {bucket("bucket")} AS time,
         (array_agg(open ORDER BY first_id) FILTER (WHERE first_id IS NOT NULL))[1] AS open,
         max(high) AS high,
         min(low) AS low,
         (array_agg(close ORDER BY last_id DESC) FILTER (WHERE last_id IS NOT NULL))[1] AS close,
         sum(volume) AS base_volume,
         sum(quote_volume) AS quote_volume,
         sum(quote_volume ^ 2 / nullif(volume, 0)) AS squares
  FROM {rows_of_range(_PRICES, CHART)} AS source
  GROUP BY 1
), sums AS (
  SELECT *,
         sum(base_volume) OVER trailing AS trailing_volume,
         sum(quote_volume) OVER trailing AS trailing_quote,
         sum(squares) OVER trailing AS trailing_squares
  FROM candles
  WINDOW trailing AS (
    ORDER BY time RANGE BETWEEN {TRAILING - 1} * make_interval(secs => {SECONDS}) PRECEDING AND CURRENT ROW)
), averages AS (
  SELECT *,
         trailing_quote / nullif(trailing_volume, 0) AS vwap,
         {BAND_WIDTH} * sqrt(greatest(0, trailing_squares / nullif(trailing_volume, 0)
                                      - (trailing_quote / nullif(trailing_volume, 0)) ^ 2)) AS reach
  FROM sums
)
SELECT time,
       open::double precision AS open,
       high::double precision AS high,
       low::double precision AS low,
       close::double precision AS close,
       quote_volume AS volume,
       vwap AS "VWAP",
       vwap + reach AS "upper band",
       vwap - reach AS "lower band"
FROM averages
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
        _BUDGET,
    )


def price_decimals() -> Query:
    """How many decimals the charted symbol's prices have."""
    return Query(
        f"""SELECT coalesce(max(greatest(scale(trim_scale(high)), scale(trim_scale(low)))), 2) AS decimals
FROM {rows_of_range("high, low", CHART)} AS source""",
        {"decimals": "number"},
        _BUDGET,
    )
