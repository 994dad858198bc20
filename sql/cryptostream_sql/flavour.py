"""Choosing between plain PostgreSQL and TimescaleDB."""

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_model.logs import get_logger
from cryptostream_sql.catalogue import Flavour
from cryptostream_sql.connection import ADVISORY_LOCK, connect
from cryptostream_sql.schema import SchemaError

_log = get_logger(__name__)


def install_timescale(dsn: str) -> str | None:
    """Create the extension where it is absent; None when it is there afterwards, else the reason why it is not.

    Runs on a connection of its own, because a server that has the files but does not preload the library answers
    CREATE EXTENSION by closing the connection.
    """
    connection = connect(dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
            if timescale_installed(connection):
                return None
            cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
            if cursor.fetchone() == (0,):
                return "the server does not have the extension"
            cursor.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            return None
    except psycopg2.Error as error:
        return " ".join(str(error).split())
    finally:
        connection.close()


def timescale_installed(connection: Connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")
        return cursor.fetchone() == (1,)


def choose_flavour(dsn: str, wanted: Flavour | None) -> Flavour:
    """The flavour for a database that has no migrations yet.

    ``wanted`` None takes timescale where the extension is or can be created and has its community licence (continuous
    aggregates and compression are not in the Apache one), else plain. Raises SchemaError when timescale is asked for
    and cannot be had.
    """
    if wanted == "plain":
        return "plain"
    obstacle = install_timescale(dsn) or _license_obstacle(dsn)
    if obstacle is None:
        return "timescale"
    if wanted == "timescale":
        raise SchemaError(f"CRYPTOSTREAM_DATABASE_FLAVOUR = timescale: TimescaleDB cannot be used: {obstacle}")
    _log.info("using plain PostgreSQL", why=obstacle)
    return "plain"


def _license_obstacle(dsn: str) -> str | None:
    connection = connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('timescaledb.license', true)")
            row = cursor.fetchone()
        return None if row == ("timescale",) else f"its license is {row[0] if row else None}, not timescale"
    finally:
        connection.close()
