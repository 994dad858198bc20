"""Whether the feed is whole and alive: rates and ages by symbol, late trades, gaps, and what is wrong now."""

from cryptostream_grafana.queries.figures import AGE
from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.rollup import SECONDS, bucket, rows_of_range
from cryptostream_grafana.queries.scope import STREAM, SYMBOLS

_SERIES = Budget(rows=10_000, buffers=4_000)
_FEW = Budget(rows=200, buffers=4_000)
_LIVE = "$__timeTo()::timestamptz > now() - INTERVAL '1 minute'"


def rates() -> Query:
    """On-time trades a second of each symbol."""
    return Query(
        f"""SELECT {bucket("bucket")} AS time,
       symbol AS metric,
       (sum(trades) / {SECONDS})::double precision AS trades
FROM {rows_of_range("symbol, trades", SYMBOLS)} AS source
GROUP BY 1, 2
ORDER BY 1, 2""",
        {"time": "time", "metric": "text", "trades": "number"},
        _SERIES,
        format="time_series",
    )


def ages() -> Query:
    """Seconds since each symbol's last trade, the longest first; none for a range in the past."""
    return Query(
        f"""SELECT symbol, {AGE} AS age
FROM crypto_symbols AS known
WHERE {SYMBOLS} AND origin <= $__timeTo()
ORDER BY age DESC NULLS LAST, symbol
LIMIT 100""",
        {"symbol": "text", "age": "number"},
        Budget(rows=100, buffers=20),
    )


def late_trades() -> Query:
    """Trades that came after their pane had closed and so are in no window, by symbol; symbols without any left out."""
    return Query(
        f"""SELECT {bucket("bucket")} AS time,
       symbol AS metric,
       sum(late_trades)::double precision AS late
FROM {rows_of_range("symbol, late_trades", SYMBOLS)} AS source
WHERE late_trades > 0
GROUP BY 1, 2
ORDER BY 1, 2""",
        {"time": "time", "metric": "text", "late": "number"},
        _SERIES,
        format="time_series",
    )


def symbols() -> Query:
    """A row for each symbol: what came, what is missing, and how far it is closed."""
    return Query(
        f"""SELECT known.symbol,
       known.partition,
       coalesce(sums.trades, 0)::double precision AS trades,
       coalesce(sums.late, 0)::double precision AS late,
       coalesce(sums.missing, 0)::double precision AS missing,
       {AGE} AS age,
       CASE WHEN {_LIVE} THEN extract(epoch FROM now() - known.clock)::double precision END AS behind,
       known.windows_closed_through AS closed
FROM (
  SELECT * FROM crypto_symbols
  WHERE {SYMBOLS} AND origin <= $__timeTo()
) AS known
LEFT JOIN (
  SELECT symbol, sum(trades) AS trades, sum(late_trades) AS late, sum(missing_ids) AS missing
  FROM {rows_of_range("symbol, trades, late_trades, missing_ids", SYMBOLS)} AS source
  GROUP BY symbol
) AS sums USING (symbol)
ORDER BY missing DESC, late DESC, known.symbol
LIMIT 200""",
        {
            "symbol": "text",
            "partition": "number",
            "trades": "number",
            "late": "number",
            "missing": "number",
            "age": "number",
            "behind": "number",
            "closed": "time",
        },
        _FEW,
    )


def missing_trades() -> Query:
    """Trades that the exchange could not deliver, by the reason."""
    return Query(
        f"""SELECT {bucket("clock")} AS time,
       replace(reason, '-', ' ') AS metric,
       sum(to_id - from_id + 1)::double precision AS missing
FROM feed_gaps
WHERE {SYMBOLS} AND $__timeFilter(clock)
GROUP BY 1, 2
ORDER BY 1, 2""",
        {"time": "time", "metric": "text", "missing": "number"},
        Budget(rows=600, buffers=100),
        format="time_series",
    )


def gaps() -> Query:
    """The newest gaps that could not be healed."""
    return Query(
        f"""SELECT clock AS time,
       symbol,
       replace(reason, '-', ' ') AS reason,
       (to_id - from_id + 1)::double precision AS trades,
       from_id::text AS first,
       to_id::text AS last
FROM feed_gaps
WHERE {SYMBOLS} AND $__timeFilter(clock)
ORDER BY clock DESC, symbol
LIMIT 100""",
        {"time": "time", "symbol": "text", "reason": "text", "trades": "number", "first": "text", "last": "text"},
        Budget(rows=100, buffers=100),
    )


def figures() -> Query:
    """One row over the range: trades on time, late and missing, and gaps."""
    return Query(
        f"""SELECT sums.late, gaps.gaps, gaps.missing
FROM (
  SELECT coalesce(sum(late_trades), 0)::double precision AS late
  FROM {rows_of_range("late_trades", SYMBOLS)} AS source
) AS sums
CROSS JOIN (
  SELECT count(*) AS gaps, coalesce(sum(to_id - from_id + 1), 0)::double precision AS missing
  FROM feed_gaps
  WHERE {SYMBOLS} AND $__timeFilter(clock)
) AS gaps""",
        {"late": "number", "gaps": "number", "missing": "number"},
        Budget(rows=1, buffers=5_000),
    )


def conditions() -> Query:
    """What is as it should be and what is not, with the figure behind it; nothing for a stream that is not known."""
    return Query(
        f"""WITH known AS (
  SELECT count(*) AS symbols,
         count(*) FILTER (WHERE clock < now() - INTERVAL '1 minute') AS behind,
         count(*) FILTER (WHERE traded_at IS NULL OR traded_at < now() - INTERVAL '10 minutes') AS silent,
         extract(epoch FROM now() - min(clock)) AS oldest
  FROM crypto_symbols
  WHERE {STREAM} AND origin <= $__timeTo()
), latest AS (
  SELECT extract(epoch FROM now() - committed_at) AS age
  FROM crypto_batches
  WHERE {STREAM} AND committed_at <= now()
  ORDER BY committed_at DESC
  LIMIT 1
), waiting AS (
  SELECT count(*) AS revisions FROM crypto_alert_outbox WHERE {STREAM}
), missing AS (
  SELECT count(*) AS gaps, coalesce(sum(to_id - from_id + 1), 0) AS trades
  FROM feed_gaps
  WHERE {STREAM} AND $__timeFilter(clock)
), job AS (
  SELECT epoch, started_at FROM crypto_writers WHERE {STREAM}
)
SELECT condition, state, detail
FROM (
  SELECT 1 AS number, 'Job commits' AS condition,
         CASE WHEN latest.age IS NULL OR latest.age > 60 THEN 'bad' WHEN latest.age > 10 THEN 'doubtful'
              ELSE 'good' END AS state,
         coalesce('last commit ' || round(latest.age) || ' s ago', 'no batch in the ledger') AS detail
  FROM job LEFT JOIN latest ON true
  UNION ALL
  SELECT 2, 'Symbols keep up',
         CASE WHEN known.symbols = 0 OR known.behind = known.symbols THEN 'bad' WHEN known.behind > 0 THEN 'doubtful'
              ELSE 'good' END,
         known.behind || ' of ' || known.symbols || ' more than a minute behind'
  FROM job CROSS JOIN known
  UNION ALL
  SELECT 3, 'Symbols are traded',
         CASE WHEN known.symbols = 0 OR known.silent = known.symbols THEN 'bad' WHEN known.silent > 0 THEN 'doubtful'
              ELSE 'good' END,
         known.silent || ' of ' || known.symbols || ' without a trade for 10 minutes'
  FROM job CROSS JOIN known
  UNION ALL
  SELECT 4, 'Feed is complete',
         CASE WHEN missing.gaps > 0 THEN 'doubtful' ELSE 'good' END,
         missing.trades || ' trades in ' || missing.gaps || ' gaps not to be had in this range'
  FROM job CROSS JOIN missing
  UNION ALL
  SELECT 5, 'Alerts are sent',
         CASE WHEN waiting.revisions > 100 THEN 'bad' WHEN waiting.revisions > 10 THEN 'doubtful' ELSE 'good' END,
         waiting.revisions || ' revisions wait for Kafka'
  FROM job CROSS JOIN waiting
  UNION ALL
  SELECT 6, 'Job runs on',
         CASE WHEN job.started_at > now() - INTERVAL '10 minutes' THEN 'doubtful' ELSE 'good' END,
         'start ' || job.epoch || ' at ' || to_char(job.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
  FROM job
) AS conditions
ORDER BY number""",
        {"condition": "text", "state": "text", "detail": "text"},
        Budget(rows=6, buffers=100),
    )
