"""A thread that looks at the database twice a second, over one read-only connection."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_model.streams import StreamName
from cryptostream_sql.connection import DatabaseError, connect
from cryptostream_view import queries
from cryptostream_view.rows import DatabasePoll
from cryptostream_view.source import Source, pauses

_INTERVAL = 0.5
_SUMS_EVERY = 30.0
_SLOW_EVERY = 2.0
_STOP_SECONDS = 3.0
_ALERT_HISTORY = 3_600_000_000
_OVERLAP = 60_000_000
_SETTINGS = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'"

Cursors = Callable[[], Mapping[str, int]]
Deliver = Callable[[DatabasePoll], None]


class DatabaseFeed:
    """Delivers what is new; connects again by itself when the database was away."""

    def __init__(self, url: str, stream: StreamName, since: int, cursors: Cursors, deliver: Deliver) -> None:
        """``since``: batches committed after it are read, in UTC microseconds. ``cursors``: by symbol, see `Market`."""
        self.source = Source("database")
        self._url = url
        self._stream = str(stream)
        self._since = since
        self._read_to: int | None = None
        self._alerts_after = 0
        self._cursors = cursors
        self._deliver = deliver
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="view database", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        waits = pauses()
        while not self._stopping.is_set():
            connection = None
            try:
                connection = connect(self._url, application_name="cryptostream view")
                connection.set_session(readonly=True, autocommit=True)
                with connection.cursor() as cursor:
                    cursor.execute(_SETTINGS)
                for poll in self._polls(connection):
                    self._deliver(poll)
                    self.source.reached()
                    waits = pauses()
            except psycopg2.errors.UndefinedTable:
                self.source.lost("it has no CryptoStream schema yet: run `cryptostream migrate`")
            except (psycopg2.Error, DatabaseError) as error:
                self.source.lost(error)
            finally:
                if connection is not None:
                    with suppress(psycopg2.Error):
                        connection.close()
            self._stopping.wait(next(waits))

    def _polls(self, connection: Connection) -> Iterator[DatabasePoll]:
        """One poll after the other until the feed stops. Raises psycopg2.Error when the connection fails."""
        sums_due = slow_due = 0.0
        while not self._stopping.is_set():
            covered_before = None
            if self._read_to is None:
                covered_before = queries.covered_before(connection, self._stream, self._since)
            batches = queries.batches_after(connection, self._stream, self._read_to or self._since)
            now = time.monotonic()
            cursors = self._cursors()
            unknown = any(symbol not in cursors for batch in batches for symbol in batch.positions)
            symbols = None
            if now >= sums_due or (unknown and now >= slow_due):
                symbols = queries.symbols(connection, self._stream)
                sums_due = now + _SUMS_EVERY
            slow = now >= slow_due
            if slow:
                slow_due = now + _SLOW_EVERY
            alerts = queries.alerts_from(
                connection, self._stream, self._since - _ALERT_HISTORY, self._alerts_after - _OVERLAP
            )
            poll = DatabasePoll(
                covered_before=covered_before,
                batches=batches,
                symbols=symbols,
                panes=queries.panes_from(connection, self._stream, cursors) if cursors else (),
                windows=queries.latest_windows(connection, self._stream) if slow else None,
                alerts=alerts,
                gaps=queries.gap_totals(connection, self._stream) if slow else None,
            )
            self._read_to = max([self._read_to or self._since, *(batch.committed_at for batch in batches)])
            self._alerts_after = max([self._alerts_after, *(alert.updated_at for alert in alerts)])
            yield poll
            more = len(batches) >= queries.BATCHES_AT_ONCE or symbols is not None
            self._stopping.wait(0.0 if more else _INTERVAL)
