"""Waiting until the database holds all that Kafka holds."""

import time
from datetime import timedelta

from cryptostream_demo.children import PARTITIONS, STREAM
from cryptostream_producer.log_errors import LogBrokenError, StoppedError
from cryptostream_producer.positions import read_symbol_positions
from cryptostream_sql.connection import DatabaseError, connect

_POLL_SECONDS = 0.2
_STORED = "SELECT symbol, (extract(epoch FROM clock) * 1000000)::bigint, last_id FROM crypto_symbols WHERE stream = %s"
_WAITING = "SELECT count(*) FROM crypto_alert_outbox WHERE stream = %s"


def drain(bootstrap: str, database_url: str, patience: timedelta) -> list[str]:
    """Wait until the job has processed the topic's last record; returns the symbols that are behind after all.

    To be called when the producer has ended. Kafka or the database being away counts as everything behind.
    """
    deadline = time.monotonic() + patience.total_seconds()
    try:
        written = {
            symbol: position
            for partition in range(PARTITIONS)
            for symbol, position in read_symbol_positions(
                {"bootstrap.servers": bootstrap}, STREAM, partition, -1, lambda: time.monotonic() > deadline
            ).items()
        }
        connection = connect(database_url, application_name="cryptostream local")
    except (LogBrokenError, StoppedError, DatabaseError):
        return ["everything"]
    try:
        while True:
            with connection, connection.cursor() as cursor:
                cursor.execute(_STORED, (str(STREAM),))
                stored = {symbol: (clock, last_id) for symbol, clock, last_id in cursor.fetchall()}
                cursor.execute(_WAITING, (str(STREAM),))
                unsent = int((cursor.fetchone() or (0,))[0])
            behind = [
                symbol
                for symbol, position in sorted(written.items())
                if symbol not in stored or stored[symbol][0] < position.clock
            ]
            if not behind and not unsent:
                return []
            if time.monotonic() > deadline:
                return behind or ["alerts that Kafka has not taken"]
            time.sleep(_POLL_SECONDS)
    finally:
        connection.close()
