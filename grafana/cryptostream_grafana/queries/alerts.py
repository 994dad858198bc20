"""Alerts: when they fired, which go on, how strong they were and how many were taken back."""

from itertools import pairwise

from cryptostream_grafana.queries.charted_alerts import MARGIN_MS
from cryptostream_grafana.queries.query import Budget, Kind, Query
from cryptostream_grafana.queries.rollup import INTERVAL_MS, RANGE, RAW_RANGE, WIDTH, bucket
from cryptostream_grafana.queries.scope import DETECTORS, SEVERITIES, SYMBOLS

STATE_CODES = {"quiet": 0, "withdrawn": 1, "info": 2, "warning": 3, "critical": 4}
"""What the timeline shows, as the numbers that a series needs; the higher one wins where a bucket has several."""
SCORE_CLASSES = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0)
"""From which multiple of its threshold on a score belongs to a class, up to the next one; severities begin at edges."""
_SCOPE = f"{SYMBOLS} AND $__timeFilter(window_end) AND {DETECTORS} AND {SEVERITIES}"
_CODE = (
    "CASE WHEN state = 'withdrawn' THEN 1 ELSE array_position(ARRAY['info', 'warning', 'critical'], severity) + 1 END"
)
_GOING_ON = "state <> 'withdrawn' AND ended IS NULL"
_LOOKBACK = f"to_timestamp($__unixEpochTo() - greatest({RANGE}, {RAW_RANGE}))"
"""An alert that goes on may have opened before a short range began."""
_OPEN = (
    f"{SYMBOLS} AND window_end >= {_LOOKBACK} AND window_end <= $__timeTo() AND {DETECTORS} AND {SEVERITIES} "
    f"AND {_GOING_ON}"
)
_HOURS_MS = f"greatest({INTERVAL_MS}, 3600000)"
_HOURS = f"make_interval(secs => {_HOURS_MS} / 1000.0)"
_BUFFERS = 1_500


def timeline() -> Query:
    """The state of each symbol and detector where it changes; both ends of an episode lie on the panel's intervals."""
    return Query(
        f"""WITH episodes AS (
  SELECT symbol || ' · ' || replace(detector, '_', ' ') AS metric,
         {bucket("window_end")} AS began,
         {bucket("least(coalesce(ended, last_window_end), $__timeTo())")} AS over,
         {_CODE} AS code
  FROM crypto_alerts
  WHERE {_SCOPE}
)
SELECT time, metric, max(code) AS state
FROM (
  SELECT $__timeFrom()::timestamptz AS time, metric, 0 AS code FROM episodes
  UNION ALL
  SELECT began, metric, code FROM episodes
  UNION ALL
  SELECT least(over + {WIDTH}, $__timeTo()), metric, 0 FROM episodes
) AS changes
GROUP BY time, metric
ORDER BY time, metric""",
        {"time": "time", "metric": "text", "state": "number"},
        Budget(rows=15_000, buffers=_BUFFERS),
        format="time_series",
    )


def per_hour() -> Query:
    """Alerts an hour by detector, withdrawn ones left out; in long ranges the average of longer buckets."""
    return Query(
        f"""SELECT date_bin({_HOURS}, window_end, 'epoch'::timestamptz) AS time,
       replace(detector, '_', ' ') AS metric,
       (count(*) * 3600000.0 / {_HOURS_MS})::double precision AS alerts
FROM crypto_alerts
WHERE {_SCOPE} AND state <> 'withdrawn'
GROUP BY 1, 2
ORDER BY 1, 2""",
        {"time": "time", "metric": "text", "alerts": "number"},
        Budget(rows=1_000, buffers=_BUFFERS),
        format="time_series",
    )


def figures() -> Query:
    """One row: how many alerts there were, how many of them critical, and the share that was taken back."""
    return Query(
        f"""SELECT count(*) FILTER (WHERE state <> 'withdrawn') AS alerts,
       count(*) FILTER (WHERE state <> 'withdrawn' AND severity = 'critical') AS critical,
       count(DISTINCT symbol) FILTER (WHERE state <> 'withdrawn') AS symbols,
       count(*) FILTER (WHERE state = 'withdrawn')::double precision
         / nullif(count(*) FILTER (WHERE state <> 'open'), 0) AS withdrawn
FROM crypto_alerts
WHERE {_SCOPE}""",
        {"alerts": "number", "critical": "number", "symbols": "number", "withdrawn": "number"},
        Budget(rows=1, buffers=_BUFFERS),
    )


def open_count() -> Query:
    """One row: how many alerts go on at the end of the range."""
    return Query(
        f"SELECT count(*) AS open\nFROM crypto_alerts\nWHERE {_OPEN}",
        {"open": "number"},
        Budget(rows=1, buffers=_BUFFERS),
    )


def open_alerts() -> Query:
    """Alerts that go on, the strongest first."""
    return _list(
        f"{_OPEN}\nORDER BY score / threshold DESC, symbol, detector\nLIMIT 100",
        "extract(epoch FROM last_window_end - window_start)",
        rows=100,
    )


def alerts() -> Query:
    """The newest alerts of the range."""
    return _list(
        f"{_SCOPE}\nORDER BY window_end DESC, symbol, detector\nLIMIT 500",
        "extract(epoch FROM coalesce(ended, last_window_end) - window_start)",
        rows=500,
    )


def _list(condition: str, lasted: str, rows: int) -> Query:
    columns: dict[str, Kind] = {
        "time": "time",
        **dict.fromkeys(("symbol", "detector", "direction", "severity", "state"), "text"),
        **dict.fromkeys(("score", "threshold"), "number"),
        "price": "text",
        "lasted": "number",
        "origin": "text",
        **dict.fromkeys(("from_ms", "to_ms"), "number"),
    }
    return Query(
        f"""SELECT window_end AS time,
       symbol,
       detector,
       coalesce(details ->> 'direction', '') AS direction,
       severity,
       CASE WHEN state = 'confirmed' AND ended IS NULL THEN 'going on' ELSE state END AS state,
       score,
       threshold,
       trim_scale(price)::text AS price,
       {lasted}::double precision AS lasted,
       CASE WHEN backfilled THEN 'history' ELSE 'live' END AS origin,
       (extract(epoch FROM window_start) * 1000 - {MARGIN_MS})::bigint AS from_ms,
       (extract(epoch FROM coalesce(ended, last_window_end)) * 1000 + {MARGIN_MS})::bigint AS to_ms
FROM crypto_alerts
WHERE {condition}""",
        columns,
        Budget(rows=rows, buffers=_BUFFERS),
    )


def withdrawn_share() -> Query:
    """The share of alerts that the closed window did not bear out, by detector."""
    return Query(
        f"""SELECT date_bin({_HOURS}, window_end, 'epoch'::timestamptz) AS time,
       replace(detector, '_', ' ') AS metric,
       count(*) FILTER (WHERE state = 'withdrawn')::double precision / count(*) AS withdrawn
FROM crypto_alerts
WHERE {_SCOPE} AND state <> 'open'
GROUP BY 1, 2
ORDER BY 1, 2""",
        {"time": "time", "metric": "text", "withdrawn": "number"},
        Budget(rows=1_000, buffers=_BUFFERS),
        format="time_series",
    )


def scores() -> Query:
    """How many alerts had which score, as a multiple of the detector's threshold, by what became of them."""
    bounds = list(SCORE_CLASSES[1:])
    names = [f"{low:g}-{high:g}" for low, high in pairwise(SCORE_CLASSES)]
    names.append(f"{SCORE_CLASSES[-1]:g} and more")
    return Query(
        f"""SELECT (ARRAY{names}::text[])[class + 1] AS score,
       count(*) FILTER (WHERE state = 'confirmed') AS confirmed,
       count(*) FILTER (WHERE state = 'open') AS open,
       count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn
FROM (
  SELECT state, width_bucket(score / threshold, ARRAY{bounds}::double precision[]) AS class
  FROM crypto_alerts
  WHERE {_SCOPE}
) AS classed
GROUP BY class
ORDER BY class""",
        {"score": "text", "confirmed": "number", "open": "number", "withdrawn": "number"},
        Budget(rows=len(SCORE_CLASSES), buffers=_BUFFERS),
    )


def by_symbol() -> Query:
    """Symbols with most alerts, by severity."""
    return Query(
        f"""SELECT symbol,
       count(*) FILTER (WHERE severity = 'info') AS info,
       count(*) FILTER (WHERE severity = 'warning') AS warning,
       count(*) FILTER (WHERE severity = 'critical') AS critical
FROM crypto_alerts
WHERE {_SCOPE} AND state <> 'withdrawn'
GROUP BY symbol
ORDER BY count(*) DESC, symbol
LIMIT 20""",
        {"symbol": "text", "info": "number", "warning": "number", "critical": "number"},
        Budget(rows=20, buffers=_BUFFERS),
    )
