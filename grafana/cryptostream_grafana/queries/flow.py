"""Who pushes the charted symbol: taker buys against taker sells, and how large trades are."""

from cryptostream_grafana.queries.query import Budget, Kind, Query
from cryptostream_grafana.queries.rollup import WIDTH, bucket, rows_of_range
from cryptostream_grafana.queries.scope import CHART

_BUDGET = Budget(rows=1_000, buffers=4_000)
SIZE_CLASSES = (
    (0.0, "less"),
    (0.01, "0.01"),
    (0.1, "0.1"),
    (1, "1"),
    (3, "3"),
    (10, "10"),
    (30, "30"),
    (100, "100"),
    (300, "300"),
    (1_000, "1 k"),
    (3_000, "3 k"),
    (10_000, "10 k"),
    (30_000, "30 k"),
    (100_000, "100 k"),
    (300_000, "300 k"),
    (1_000_000, "1 M and more"),
)
"""From which size in quote currency on a class reaches, up to the next one, and its name."""


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
    """Trades by time and by the average size of the trades around them: of their pane, or their rollup's bucket.

    The time is the end of the interval: Grafana draws a heatmap's cells before their time.
    """
    bounds = [size for size, _ in SIZE_CLASSES[1:]]
    classes = ",\n       ".join(
        f'coalesce(sum(trades) FILTER (WHERE class = {number}), 0)::double precision AS "{name}"'
        for number, (_, name) in enumerate(SIZE_CLASSES)
    )
    columns: dict[str, Kind] = {"time": "time"}
    columns |= {name: "number" for _, name in SIZE_CLASSES}
    return Query(
        f"""SELECT {bucket("bucket")} + {WIDTH} AS time,
       {classes}
FROM (
  SELECT bucket, trades, width_bucket(quote_volume / trades, ARRAY{bounds}::double precision[]) AS class
  FROM {rows_of_range("trades, quote_volume", CHART)} AS source
  WHERE trades > 0
) AS sized
GROUP BY 1
ORDER BY 1""",
        columns,
        _BUDGET,
    )
