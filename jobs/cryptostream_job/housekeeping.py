"""Delete what has outlived its retention, now and then. On TimescaleDB its policies do most of it."""

import threading
from contextlib import suppress
from datetime import timedelta

import psycopg2

from cryptostream_job.settings import JobSettings
from cryptostream_model.logs import get_logger
from cryptostream_sql.connection import DatabaseError, connect

_log = get_logger(__name__)


class Housekeeping:
    """A thread with a connection of its own, so that a large deletion never holds up a batch."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.housekeeping_interval.total_seconds()):
            try:
                deleted = self._apply_retention()
            except (psycopg2.Error, DatabaseError) as error:
                _log.warning("retention was not applied", reason=" ".join(str(error).split()))
            else:
                _log.info("retention applied", deleted_rows=deleted)

    def _apply_retention(self) -> int:
        connection = connect(
            self._settings.database_url.get_secret_value(),
            patience=timedelta(0),
            application_name="cryptostream housekeeping",
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT crypto_apply_retention(now())")
                row = cursor.fetchone()
                return int(row[0]) if row else 0
        finally:
            with suppress(psycopg2.Error):
                connection.close()
