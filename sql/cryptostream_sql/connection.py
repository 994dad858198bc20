"""Connecting to the database, with patience and with errors that name the setting and never the password."""

import re
import time
from datetime import timedelta

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import make_dsn, parse_dsn

from cryptostream_model.logs import get_logger
from cryptostream_sql.settings import DATABASE_URL

# An arbitrary constant: the lock at which two runners of the migrations on one database meet.
ADVISORY_LOCK = 0x63727970746F
_RETRY_INTERVAL = 0.25
_REFUSED_LOGIN = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|not permitted to log in"
    r'|(database|role) ".*" does not exist|permission denied for database',
)
_log = get_logger(__name__)


class DatabaseError(Exception):
    """The database cannot be used; the text says what to change."""


class DatabaseUnreachableError(DatabaseError):
    """Nothing answered as a database within the patience."""


class DatabaseLoginError(DatabaseError):
    """The server answered and refused the login or the database's name; waiting does not help."""


def without_password(dsn: str) -> str:
    """The connection string with its secrets left out, fit for logs. A string that libpq cannot read is not shown."""
    try:
        parameters = parse_dsn(dsn)
    except psycopg2.Error:
        return "(not a connection string)"
    public = {name: value for name, value in parameters.items() if name not in {"password", "passfile", "sslpassword"}}
    return str(make_dsn(**public))


def connect(dsn: str, *, patience: timedelta = timedelta(0), application_name: str = "cryptostream") -> Connection:
    """Open a connection whose session is in UTC, trying again for as long as ``patience``.

    Raises DatabaseLoginError at once when the server refuses the login, DatabaseUnreachableError when the patience is
    over, DatabaseError when the connection string itself cannot be read.
    """
    try:
        parameters = {"connect_timeout": "10", "application_name": application_name, **parse_dsn(dsn)}
    except psycopg2.Error:
        raise DatabaseError(
            f"{DATABASE_URL} is not a connection string: write postgresql://user:password@host:port/database, "
            "with reserved characters of the password percent-encoded"
        ) from None
    deadline = time.monotonic() + patience.total_seconds()
    waiting = False
    while True:
        try:
            connection: Connection = psycopg2.connect(**parameters)
        except psycopg2.OperationalError as error:
            reason = " ".join(str(error).split())
            place = f"{DATABASE_URL} ({without_password(dsn)})"
            if _REFUSED_LOGIN.search(reason):
                raise DatabaseLoginError(f"{place}: the database refuses the login: {reason}") from None
            if time.monotonic() >= deadline:
                waited = f" for {patience.total_seconds():g} s" if patience else ""
                raise DatabaseUnreachableError(f"{place}: cannot reach the database{waited}: {reason}") from None
            if not waiting:
                _log.warning("waiting for the database", database=without_password(dsn), reason=reason)
                waiting = True
            time.sleep(_RETRY_INTERVAL)
        else:
            _use_utc(connection)
            return connection


def _use_utc(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()
