"""Identity and JSON form of alerts, as docs/data-contracts.md defines them."""

import hashlib

import orjson

from cryptostream_job.model import Alert
from cryptostream_model.records import SCHEMA_VERSION
from cryptostream_model.streams import StreamName


def alert_id(stream: StreamName | str, symbol: str, detector: str, version: int, window_end: int) -> str:
    """The identity of the alert that opens in the window ending at ``window_end`` (UTC microseconds)."""
    text = f"{stream}|{symbol}|{detector}|{version}|{window_end}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def alert_to_json(alert: Alert, revision: int, stream: StreamName | str) -> bytes:
    """One revision of an alert as a value of the alerts topic. Times in UTC microseconds, price a decimal string."""
    return orjson.dumps(
        {
            "v": SCHEMA_VERSION,
            "type": "alert",
            "id": alert.id,
            "revision": revision,
            "stream": str(stream),
            "exchange": alert.exchange,
            "symbol": alert.symbol,
            "detector": alert.detector,
            "version": alert.version,
            "state": alert.state,
            "severity": alert.severity,
            "score": alert.score,
            "threshold": alert.threshold,
            "windowStart": alert.window_start,
            "windowEnd": alert.window_end,
            "lastWindowEnd": alert.last_window_end,
            "ended": alert.ended,
            "price": None if alert.price is None else format(alert.price, "f"),
            "backfilled": alert.backfilled,
            "details": alert.details,
        }
    )
