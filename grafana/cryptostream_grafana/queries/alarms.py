"""What alert rules ask: a row for each thing that is watched, its labels as texts and one number, ``value``.

Rules know no variables, so they ask for all streams; a rule's own range bounds them. A stream that has been still for
longer than that range is taken for given up, not for broken.
"""

from cryptostream_grafana.queries.query import Budget, Query

_ALERTS = """crypto_symbols AS symbols
JOIN crypto_alerts AS alerts ON alerts.stream = symbols.stream AND alerts.symbol = symbols.symbol
  AND $__timeFilter(alerts.window_end)"""
"""By way of the symbols, which lead the key of the alerts."""


def since_last_commit() -> Query:
    """Seconds since the job's last commit."""
    return Query(
        """SELECT writers.stream,
       extract(epoch FROM $__timeTo()::timestamptz - latest.committed_at)::double precision AS value
FROM crypto_writers AS writers
CROSS JOIN LATERAL (
  SELECT committed_at FROM crypto_batches
  WHERE stream = writers.stream AND $__timeFilter(committed_at)
  ORDER BY committed_at DESC
  LIMIT 1
) AS latest""",
        {"stream": "text", "value": "number"},
        Budget(rows=100, buffers=200),
    )


def behind() -> Query:
    """Seconds that each symbol's clock is behind."""
    return Query(
        """SELECT stream,
       symbol,
       extract(epoch FROM $__timeTo()::timestamptz - clock)::double precision AS value
FROM crypto_symbols
WHERE $__timeFilter(clock)""",
        {"stream": "text", "symbol": "text", "value": "number"},
        Budget(rows=500, buffers=200),
    )


def missing_trades() -> Query:
    """Trades that could not be had, of the symbols that miss any."""
    return Query(
        """SELECT symbols.stream,
       symbols.symbol,
       sum(gaps.to_id - gaps.from_id + 1)::double precision AS value
FROM crypto_symbols AS symbols
JOIN feed_gaps AS gaps ON gaps.stream = symbols.stream AND gaps.symbol = symbols.symbol AND $__timeFilter(gaps.clock)
GROUP BY 1, 2""",
        {"stream": "text", "symbol": "text", "value": "number"},
        Budget(rows=500, buffers=100),
    )


def storms() -> Query:
    """Alerts of a stream, those found in history and the withdrawn ones left out."""
    return Query(
        f"""SELECT symbols.stream,
       count(*)::double precision AS value
FROM {_ALERTS}
WHERE alerts.state <> 'withdrawn' AND NOT alerts.backfilled
GROUP BY 1""",
        {"stream": "text", "value": "number"},
        Budget(rows=100, buffers=200),
    )


def critical_alerts() -> Query:
    """The highest score of critical alerts that their closed window has confirmed, and that were found live."""
    return Query(
        f"""SELECT symbols.stream,
       symbols.symbol,
       alerts.detector,
       max(alerts.score) AS value
FROM {_ALERTS}
WHERE alerts.state = 'confirmed' AND alerts.severity = 'critical' AND NOT alerts.backfilled
GROUP BY 1, 2, 3""",
        {"stream": "text", "symbol": "text", "detector": "text", "value": "number"},
        Budget(rows=500, buffers=200),
    )


def latency() -> Query:
    """Seconds within which 95 of 100 live trades were in the database."""
    return Query(
        """SELECT stream,
       value
FROM (
  SELECT stream, crypto_latency_quantile(crypto_latency_sum(latency), 0.95) AS value
  FROM crypto_batches_1m
  WHERE $__timeFilter(bucket)
  GROUP BY 1
) AS quantiles
WHERE value IS NOT NULL""",
        {"stream": "text", "value": "number"},
        Budget(rows=100, buffers=500),
    )
