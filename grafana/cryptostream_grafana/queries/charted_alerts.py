"""Alerts and gaps as Market shows them: regions of the chart, and a short list."""

from cryptostream_grafana.queries.query import Budget, Kind, Query
from cryptostream_grafana.queries.scope import CHART, DETECTORS, SEVERITIES, SYMBOLS

MARGIN_MS = 15 * 60_000
"""How much a link to an alert's chart shows before and after it."""
_REGION: dict[str, Kind] = {"time": "time", "timeend": "time", "text": "text", "tags": "text"}
_BUDGET = Budget(rows=500, buffers=500)


def regions(severity: str) -> Query:
    """From the opening window to the end of the episode; withdrawn alerts are left out."""
    return Query(
        f"""SELECT window_start AS time,
       coalesce(ended, last_window_end) AS timeend,
       replace(detector, '_', ' ') || coalesce(' ' || (details ->> 'direction'), '') || ': score '
         || round(score::numeric, 1) || ', threshold ' || round(threshold::numeric, 1)
         || CASE WHEN ended IS NULL THEN ', goes on' ELSE '' END AS text,
       concat_ws(',', detector, severity, state, CASE WHEN backfilled THEN 'history' END) AS tags
FROM crypto_alerts
WHERE {CHART} AND $__timeFilter(window_end) AND state <> 'withdrawn'
  AND {DETECTORS} AND {SEVERITIES} AND severity = '{severity}'
ORDER BY window_end""",
        _REGION,
        _BUDGET,
    )


def gaps() -> Query:
    """Ids that could not be had, at the symbol's clock at that time."""
    return Query(
        f"""SELECT clock AS time,
       clock AS timeend,
       to_id - from_id + 1 || ' trades not to be had: ' || replace(reason, '-', ' ') AS text,
       'gap' AS tags
FROM feed_gaps
WHERE {CHART} AND $__timeFilter(clock)
ORDER BY clock""",
        _REGION,
        _BUDGET,
    )


def latest_alerts() -> Query:
    """The newest alerts of the selected symbols, with the range that shows each one's chart."""
    return Query(
        f"""SELECT window_end AS time,
       symbol,
       detector,
       coalesce(details ->> 'direction', '') AS direction,
       severity,
       CASE WHEN state = 'confirmed' AND ended IS NULL THEN 'going on' ELSE state END AS state,
       score,
       trim_scale(price)::text AS price,
       (extract(epoch FROM window_start) * 1000 - {MARGIN_MS})::bigint AS from_ms,
       (extract(epoch FROM coalesce(ended, last_window_end)) * 1000 + {MARGIN_MS})::bigint AS to_ms
FROM crypto_alerts
WHERE {SYMBOLS} AND $__timeFilter(window_end) AND {DETECTORS} AND {SEVERITIES}
ORDER BY window_end DESC, symbol, detector
LIMIT 100""",
        {
            "time": "time",
            "symbol": "text",
            "detector": "text",
            "direction": "text",
            "severity": "text",
            "state": "text",
            "score": "number",
            "price": "text",
            "from_ms": "number",
            "to_ms": "number",
        },
        Budget(rows=100, buffers=1_500),
    )
