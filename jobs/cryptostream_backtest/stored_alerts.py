"""Stored alerts by their id."""

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import RealDictCursor

from cryptostream_job.columns import ALERT_COLUMNS, selected
from cryptostream_job.load import alert_from_row
from cryptostream_job.model import Alert

_LEAST = 4
_MOST = 10


def find_alert(connection: Connection, stream: str, identity: str) -> Alert:
    """The stream's alert whose id begins so.

    Raises LookupError when there is none, or more than one, and ValueError for fewer than four digits.
    """
    digits = identity.strip().lower()
    if len(digits) < _LEAST or not set(digits) <= set("0123456789abcdef"):
        raise ValueError(f"{identity!r} is no id of an alert: at least {_LEAST} hexadecimal digits, as they are shown")
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            f"SELECT {selected(ALERT_COLUMNS)}, revision FROM crypto_alerts "
            "WHERE stream = %s AND id LIKE %s ORDER BY window_end DESC LIMIT %s",
            (stream, f"{digits}%", _MOST),
        )
        found = [alert_from_row(dict(row))[0] for row in cursor.fetchall()]
    if not found:
        raise LookupError(f"{stream} has no alert whose id begins with {digits}")
    if len(found) > 1:
        raise LookupError(f"several alerts of {stream} begin with {digits}: {', '.join(alert.id for alert in found)}")
    return found[0]
