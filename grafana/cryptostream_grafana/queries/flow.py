"""Who pushes the charted symbol: taker buys against taker sells, and how large their trades are."""

from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import bucket, rows_of_range
from cryptostream_grafana.queries.scope import CHART

_BUDGET = Budget(rows=1_000, buffers=1_500)


def taker_volume() -> Query:
    """Taker buys above zero, taker sells below, and what of buys is left over sells since the range began."""
    return Query(
        f"""WITH points AS (
  SELECT {bucket("bucket")} AS time,
         sum(taker_buy_quote_volume) AS bought,
         greatest(0, sum(quote_volume) - sum(taker_buy_quote_volume)) AS sold
  FROM {rows_of_range("quote_volume, taker_buy_quote_volume", CHART)} AS source
  GROUP BY 1
)
SELECT time,
       bought AS "taker buys",
       -sold AS "taker sells",
       sum(bought - sold) OVER (ORDER BY time) AS "net since start"
FROM points
ORDER BY time""",
        {"time": "time", "taker buys": "number", "taker sells": "number", "net since start": "number"},
        _BUDGET,
    )


def trade_sizes() -> Query:
    """The average size of the trades of each pane, or of each bucket of the serving rollup."""
    return Query(
        f"""SELECT bucket AS time,
       quote_volume / trades AS "average size"
FROM {rows_of_range("trades, quote_volume", CHART)} AS source
WHERE trades > 0
ORDER BY 1""",
        {"time": "time", "average size": "number"},
        Budget(rows=7_000, buffers=1_500),
    )
