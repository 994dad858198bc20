"""Deleting everything that a database holds of one stream."""

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_model.logs import get_logger
from cryptostream_model.streams import StreamName
from cryptostream_sql.schema import applied_migrations, recorded_flavour

_log = get_logger(__name__)
_TABLES_OF_STREAMS = """
SELECT classes.oid::regclass::text
FROM pg_class AS classes JOIN pg_attribute AS attributes ON attributes.attrelid = classes.oid
WHERE classes.relnamespace = current_schema()::regnamespace AND classes.relkind IN ('r', 'p')
  AND attributes.attname = 'stream' AND (classes.relname LIKE 'crypto\\_%' OR classes.relname = 'feed_gaps')
ORDER BY 1
"""
_AGGREGATES = """
SELECT format('%I.%I', view_schema, view_name) FROM timescaledb_information.continuous_aggregates
WHERE view_name LIKE 'crypto\\_rollup\\_%' ORDER BY array_position(ARRAY['1m', '5m', '1h'], right(view_name, 2))
"""


def purge(connection: Connection, stream: StreamName) -> int:
    """Delete every row of the stream in one transaction; returns how many there were. Run again it finds none.

    Its job must have ended: one that runs finds its epoch gone and stops. On TimescaleDB the rollups are computed anew
    afterwards, which needs the owner role; as the writer they keep the stream's buckets until their retention.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(_TABLES_OF_STREAMS)
        tables = [name for (name,) in cursor.fetchall()]
        deleted = 0
        for table in tables:
            cursor.execute(f"DELETE FROM {table} WHERE stream = %s", (str(stream),))
            deleted += cursor.rowcount
    with connection:
        flavour = recorded_flavour(applied_migrations(connection))
    if flavour == "timescale":
        _refresh_aggregates(connection)
    return deleted


def _refresh_aggregates(connection: Connection) -> None:
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(_AGGREGATES)
            for (name,) in cursor.fetchall():
                cursor.execute(f"CALL refresh_continuous_aggregate('{name}', NULL, NULL)")
    except psycopg2.errors.InsufficientPrivilege as error:
        _log.warning("the rollups keep the stream's buckets until their retention", reason=str(error).strip())
    finally:
        connection.autocommit = False
