"""What the ledger of micro-batches tells, by minute or hour: throughput, latency of trades, duration of batches."""

from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import INTERVAL_MS, RANGE
from cryptostream_grafana.queries.scope import STREAM

HOURS_FROM = 2 * 86_400
"""Seconds of range from which the ledger is read by the hour."""
_BY_HOUR = f"({INTERVAL_MS} >= 3600000 OR {RANGE} >= {HOURS_FROM})"
_WIDTH_MS = f"greatest({INTERVAL_MS}, CASE WHEN {_BY_HOUR} THEN 3600000 ELSE 60000 END)"
_SECONDS = f"({_WIDTH_MS} / 1000.0)"
_TIME = f"date_bin(make_interval(secs => {_SECONDS}), bucket, 'epoch'::timestamptz)"
_BUDGET = Budget(rows=750, buffers=400)
_FIGURE = Budget(rows=1, buffers=400)
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def _ledger(columns: str) -> str:
    return f"""(
  SELECT bucket, {columns}
  FROM crypto_batches_1m
  WHERE NOT {_BY_HOUR} AND {STREAM} AND $__timeFilter(bucket)
  UNION ALL
  SELECT bucket, {columns}
  FROM crypto_batches_1h
  WHERE {_BY_HOUR} AND {STREAM} AND $__timeFilter(bucket)
) AS batches"""


def latency() -> Query:
    """Quantiles of the seconds between a live trade and the commit of the batch that brought it."""
    return Query(
        f"""WITH summed AS (
  SELECT {_TIME} AS time, crypto_latency_sum(latency) AS latency
  FROM {_ledger("latency")}
  GROUP BY 1
)
SELECT time,
       {_quantiles("latency")}
FROM summed
ORDER BY time""",
        {"time": "time", **dict.fromkeys(_SHARES, "number")},
        _BUDGET,
    )


def latency_of_range() -> Query:
    """The same over the whole range, one row."""
    return Query(
        f"""WITH summed AS (
  SELECT crypto_latency_sum(latency) AS latency
  FROM {_ledger("latency")}
)
SELECT {_quantiles("latency")}
FROM summed""",
        dict.fromkeys(_SHARES, "number"),
        _FIGURE,
    )


def _quantiles(column: str) -> str:
    return ",\n       ".join(f"crypto_latency_quantile({column}, {share}) AS {name}" for name, share in _SHARES.items())


def throughput() -> Query:
    """Trades a second that came over the stream and over REST."""
    return Query(
        f"""SELECT {_TIME} AS time,
       (sum(live_trades) / {_SECONDS})::double precision AS live,
       (sum(trades - live_trades) / {_SECONDS})::double precision AS backfilled
FROM {_ledger("trades, live_trades")}
GROUP BY 1
ORDER BY 1""",
        {"time": "time", "live": "number", "backfilled": "number"},
        _BUDGET,
    )


def batch_time() -> Query:
    """Seconds that micro-batches took on average, and the slowest one."""
    return Query(
        f"""SELECT {_TIME} AS time,
       sum(seconds) / nullif(sum(batches), 0) AS average,
       max(slowest_seconds) AS slowest
FROM {_ledger("batches, seconds, slowest_seconds")}
GROUP BY 1
ORDER BY 1""",
        {"time": "time", "average": "number", "slowest": "number"},
        _BUDGET,
    )


def work() -> Query:
    """Batches, panes written and windows closed a minute."""
    return Query(
        f"""SELECT {_TIME} AS time,
       (sum(batches) * 60 / {_SECONDS})::double precision AS batches,
       (sum(changed_panes) * 60 / {_SECONDS})::double precision AS panes,
       (sum(closed_windows) * 60 / {_SECONDS})::double precision AS windows
FROM {_ledger("batches, changed_panes, closed_windows")}
GROUP BY 1
ORDER BY 1""",
        {"time": "time", "batches": "number", "panes": "number", "windows": "number"},
        _BUDGET,
    )


def figures() -> Query:
    """One row over the range: trades a second, seconds a batch, and seconds since the last commit."""
    return Query(
        f"""SELECT (sums.trades / greatest(1, {RANGE}))::double precision AS rate,
       sums.seconds / nullif(sums.batches, 0) AS batch,
       CASE WHEN $__timeTo()::timestamptz > now() - INTERVAL '1 minute'
            THEN greatest(0, extract(epoch FROM now() - latest.committed_at))::double precision END AS age
FROM (
  SELECT sum(trades) AS trades, sum(seconds) AS seconds, sum(batches) AS batches
  FROM {_ledger("trades, seconds, batches")}
) AS sums
LEFT JOIN LATERAL (
  SELECT committed_at FROM crypto_batches
  WHERE {STREAM} AND committed_at <= now()
  ORDER BY committed_at DESC
  LIMIT 1
) AS latest ON true""",
        {"rate": "number", "batch": "number", "age": "number"},
        _FIGURE,
    )
