"""What the variables offer. Not repeated with every refresh: when a dashboard opens and when its range changes."""

from cryptostream_grafana.queries.query import Budget, Query
from cryptostream_grafana.queries.scope import STREAM

_BUDGET = Budget(rows=1_000, buffers=500)


def _choice(sql: str) -> Query:
    return Query(sql, {"__text": "text", "__value": "text"}, _BUDGET)


def streams() -> Query:
    """Streams that have begun by the end of the range."""
    return _choice(
        "SELECT DISTINCT stream AS __text, stream AS __value\n"
        "FROM crypto_symbols\n"
        "WHERE origin <= $__timeTo()\n"
        "ORDER BY 1"
    )


def stream_parts(part: int) -> Query:
    """The stream's namespace (1) or name (2), by which Prometheus tells streams apart."""
    return _choice(
        f"SELECT split_part(stream, '/', {part}) AS __text, split_part(stream, '/', {part}) AS __value\n"
        "FROM crypto_symbols\n"
        f"WHERE {STREAM} AND origin <= $__timeTo()\n"
        "LIMIT 1"
    )


def exchanges() -> Query:
    return _choice(
        "SELECT DISTINCT exchange AS __text, exchange AS __value\n"
        "FROM crypto_symbols\n"
        f"WHERE {STREAM} AND origin <= $__timeTo()\n"
        "ORDER BY 1"
    )


def symbols() -> Query:
    return _choice(
        "SELECT symbol AS __text, symbol AS __value\n"
        "FROM crypto_symbols\n"
        f"WHERE {STREAM} AND exchange = ANY(ARRAY[$exchange]::text[]) AND origin <= $__timeTo()\n"
        "ORDER BY 1"
    )


def charted() -> Query:
    """One of the selected symbols."""
    return _choice(
        "SELECT symbol AS __text, symbol AS __value\n"
        "FROM crypto_symbols\n"
        f"WHERE {STREAM} AND symbol = ANY(ARRAY[$symbol]::text[]) AND origin <= $__timeTo()\n"
        "ORDER BY 1"
    )


def detectors() -> Query:
    """Detectors that are at work, and those that have raised an alert in the range."""
    return _choice(
        "SELECT detector AS __text, detector AS __value\n"
        "FROM (\n"
        f"  SELECT detector FROM crypto_detector_state WHERE {STREAM} AND through >= $__timeFrom()\n"
        "  UNION\n"
        f"  SELECT detector FROM crypto_alerts WHERE {STREAM} AND $__timeFilter(window_end)\n"
        ") AS known\n"
        "ORDER BY 1"
    )
