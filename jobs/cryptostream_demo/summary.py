"""What a run has done, for people and for scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_view.latency import LatencySummary


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert of the run; ``window_start`` and ``last_window_end`` in UTC microseconds."""

    symbol: str
    detector: str
    state: str
    severity: str
    score: float
    threshold: float
    window_start: int
    last_window_end: int
    backfilled: bool


@dataclass(frozen=True, slots=True)
class InjectedEvent:
    """An event of the simulated exchange, and whether a live alert overlaps it. Times in UTC microseconds."""

    type: str
    symbol: str
    start: int
    end: int
    size: float
    found: bool


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """What the database holds of the stream."""

    symbols: int
    trades: int
    backfilled_trades: int
    late_trades: int
    panes: int
    windows: int
    batches: int
    gaps: int
    missing_ids: int


@dataclass(frozen=True, slots=True)
class Summary:
    """``latency`` is over every trade that was sent while the run was live, ``None`` where the exchange's clock is not
    the host's. ``behind``: symbols of which the database lacks the last records. Durations in seconds."""

    stream: str
    source: str
    exchange: str
    symbols: tuple[str, ...]
    start_seconds: float
    live_seconds: float
    first_alert_seconds: float | None
    stored: StoredCounts
    latency: LatencySummary | None
    catch_up_trades: int
    alerts: tuple[AlertLine, ...]
    injected: tuple[InjectedEvent, ...]
    restarts: Mapping[str, int]
    behind: tuple[str, ...]
    addresses: Mapping[str, str]
    pictures: Mapping[str, str]
    folder: str
    kept: bool
    failure: str | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """For scripts: latencies in milliseconds."""
        fields: dict[str, Any] = asdict(self)
        latency = self.latency
        fields["latency"] = latency and {
            "trades": latency.trades,
            "p50_ms": _milliseconds(latency.p50),
            "p99_ms": _milliseconds(latency.p99),
            "max_ms": _milliseconds(latency.maximum),
        }
        return orjson.dumps(fields, option=orjson.OPT_INDENT_2)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


_COUNTS = """
SELECT (SELECT count(*) FROM crypto_symbols WHERE stream = %(stream)s),
       coalesce(sum(trades), 0), coalesce(sum(backfilled_trades), 0), coalesce(sum(late_trades), 0), count(*),
       (SELECT count(*) FROM crypto_windows WHERE stream = %(stream)s),
       (SELECT count(*) FROM crypto_batches WHERE stream = %(stream)s),
       (SELECT count(*) FROM feed_gaps WHERE stream = %(stream)s),
       (SELECT coalesce(sum(to_id - from_id + 1), 0) FROM feed_gaps WHERE stream = %(stream)s)
FROM crypto_panes WHERE stream = %(stream)s
"""
_ALERTS = """
SELECT symbol, detector, state, severity, score, threshold, (extract(epoch FROM window_start) * 1000000)::bigint,
       (extract(epoch FROM last_window_end) * 1000000)::bigint, backfilled
FROM crypto_alerts WHERE stream = %s ORDER BY window_end, symbol, detector
"""
_EXTENTS = "SELECT symbol, min(first_id), max(last_id) FROM crypto_panes WHERE stream = %s GROUP BY symbol"


def stored_counts(connection: Connection, stream: str) -> StoredCounts:
    with connection, connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"stream": stream})
        row = cursor.fetchone() or ()
    return StoredCounts(*map(int, row))


def stored_alerts(connection: Connection, stream: str) -> tuple[AlertLine, ...]:
    """All alerts, the oldest first."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_ALERTS, (stream,))
        return tuple(AlertLine(*row) for row in cursor.fetchall())


def stored_extents(connection: Connection, stream: str) -> dict[str, tuple[int, int]]:
    """The first and the last id of each symbol that has any."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_EXTENTS, (stream,))
        return {symbol: (first, last) for symbol, first, last in cursor.fetchall() if first is not None}


def match_events(labels: Sequence[Mapping[str, Any]], alerts: Sequence[AlertLine]) -> tuple[InjectedEvent, ...]:
    """Pair events with alerts that were raised on the same symbol by a window that overlaps them."""

    def is_found(label: Mapping[str, Any]) -> bool:
        return any(
            alert.symbol == label["symbol"]
            and alert.window_start < label["end"]
            and alert.last_window_end > label["start"]
            for alert in alerts
        )

    return tuple(
        InjectedEvent(label["type"], label["symbol"], label["start"], label["end"], label["size"], is_found(label))
        for label in labels
    )
