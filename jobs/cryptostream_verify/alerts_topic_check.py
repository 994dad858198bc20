"""The alerts topic against the stored alerts: its readers keep the highest revision of each id."""

import orjson

from cryptostream_verify.alerts_check import StoredAlert
from cryptostream_verify.findings import Difference, Findings
from cryptostream_verify.stored import Connection
from cryptostream_verify.topic import TopicReader


def outbox_size(connection: Connection, stream: str) -> int:
    """Alert revisions committed to the database and not yet known to be in Kafka."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM crypto_alert_outbox WHERE stream = %s", (stream,))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def read_published(reader: TopicReader) -> dict[str, int] | None:
    """The highest revision of each alert id in the topic, None when there is no such topic."""
    extent = reader.extent()
    if extent is None:
        return None
    revisions: dict[str, int] = {}

    def deliver(_partition: int, _offset: int, _timestamp: int, key: bytes | None, value: bytes | None) -> None:
        try:
            revision = orjson.loads(value or b"")["revision"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return
        if key is not None and type(revision) is int:
            number = key.decode(errors="replace")
            revisions[number] = max(revision, revisions.get(number, revision))

    reader.read(extent, deliver)
    return revisions


def check_published(
    published: dict[str, int],
    stored: dict[str, dict[str, StoredAlert]],
    waiting: int,
    allow_lag: bool,
    findings: Findings,
) -> None:
    """Every stored alert must be in the topic with its stored revision, save those found in history, which are not
    sent.

    ``waiting``: revisions in the outbox; while there are any, the topic is not judged. ``allow_lag``: the job goes on,
    so the topic, read after the database, may be ahead of it.
    """
    if waiting:
        findings.note(f"alerts topic not compared: {waiting} revisions wait in the outbox")
        return
    for alerts in stored.values():
        for alert in alerts.values():
            found = published.get(alert.id)
            ahead = allow_lag and found is not None and found > alert.revision
            if found != alert.revision and not ahead and not (alert.backfilled and found is None):
                findings.add(
                    Difference(
                        "alert published differently",
                        alert.symbol,
                        f"alert {alert.id} of {alert.detector}",
                        "revision",
                        str(alert.revision),
                        "nothing" if found is None else str(found),
                    )
                )
    if allow_lag:
        return
    known = {number for alerts in stored.values() for number in alerts}
    for number in sorted(published.keys() - known):
        findings.add(Difference("alert published only", "", f"alert {number}", None, "nothing", "in the alerts topic"))
