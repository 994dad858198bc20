"""Who pushes the charted symbol: taker buys against taker sells, and how large their trades are."""

from decimal import Decimal

from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import TRADE_SIZES, bucket, rows_of_range
from cryptostream_grafana.queries.scope import CHART
from cryptostream_model.sizes import SIZE_BOUNDS

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
    """How many trades of each class of size, by the class's lower bound: all classes from the smallest to the largest
    that has trades.
    """
    bounds = ", ".join(f"'{Decimal(str(bound)):f}'" for bound in (0, *SIZE_BOUNDS))
    return Query(
        f"""WITH counted AS (
  SELECT {bucket("bucket")} AS time, class, sum(trades)::double precision AS trades
  FROM {rows_of_range("trade_sizes", CHART, TRADE_SIZES)} AS source
  CROSS JOIN LATERAL unnest(trade_sizes) WITH ORDINALITY AS sizes (trades, class)
  GROUP BY 1, 2
), found AS (
  SELECT min(class) AS smallest, max(class) AS largest FROM counted WHERE trades > 0
)
SELECT time,
       (ARRAY[{bounds}])[class] AS metric,
       trades
FROM counted JOIN found ON class BETWEEN smallest AND largest
ORDER BY time, class""",
        {"time": "time", "metric": "text", "trades": "number"},
        Budget(rows=7_000, buffers=1_500),
        format="time_series",
    )
