"""The foreachBatch step: advance the state, commit, and only then remember it. Waits while the database is away."""

import time
from contextlib import suppress
from datetime import timedelta

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.sql import DataFrame

from cryptostream_job.batch import BatchStep
from cryptostream_job.checkpoint import DatabaseBehindError, is_ahead_of_database
from cryptostream_job.ledger import BatchLabel, last_written_batch
from cryptostream_job.parts import JobParts
from cryptostream_job.rows import panes_by_symbol
from cryptostream_job.sink import write_batch
from cryptostream_job.state import StoredStream, open_alerts
from cryptostream_job.watched import WatchedDetectors
from cryptostream_model.logs import get_logger
from cryptostream_sql.connection import DatabaseError, connect

_log = get_logger(__name__)
_LONGEST_PAUSE = 5.0
# What no second try mends: the statement, the values or the rights are wrong.
_LASTING = (psycopg2.ProgrammingError, psycopg2.DataError, psycopg2.IntegrityError, psycopg2.NotSupportedError)


class BatchWriter:
    """Holds the stream's state and the connection of one driver's tenure."""

    def __init__(self, parts: JobParts, start: StoredStream, epoch: int, checkpoint: str) -> None:
        self._settings = parts.settings
        self._metrics = parts.metrics
        self._status = parts.status
        self._detectors = WatchedDetectors(parts.detectors, parts.metrics)
        self._outbox = parts.outbox
        self._stopping = parts.stopping
        self._state = start.symbols
        self._former_alerts = start.former_alerts
        self._epoch = epoch
        self._checkpoint = checkpoint
        self._last_batch: int | None = None
        self._connection: Connection | None = None
        self._metrics.open_alerts.set(open_alerts(self._state))
        self.failure: Exception | None = None
        """What ended the query from here, since Spark hands on only its text."""

    def __call__(self, batch: DataFrame, batch_id: int) -> None:
        """Process one micro-batch. Raises SupersededError and DatabaseBehindError.

        One without records is written too: a batch that only Spark knows would make the checkpoint look ahead of the
        database.
        """
        began = time.monotonic()
        try:
            changed = panes_by_symbol(batch.collect())
            step = self._detectors.advance(self._state, changed, self._settings.geometry, self._former_alerts)
            self._commit(BatchLabel(self._settings.stream, self._checkpoint, batch_id, self._epoch), step, began)
            self._last_batch = batch_id
            if any(moved.alerts for moved in step.symbols.values()):
                self._outbox.wake()
            self._count(step)
            self._state = step.next_state(self._state)
            self._metrics.open_alerts.set(open_alerts(self._state))
        except Exception as error:
            self.failure = error
            raise

    def close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None

    def _commit(self, label: BatchLabel, step: BatchStep, began: float) -> None:
        pause = 0.1
        waited = False
        while True:
            started = time.monotonic()
            try:
                connection = self._connection or self._connect()
                write_batch(connection, label, step, self._settings.geometry, self._detectors.running, began)
            except _LASTING:
                raise
            except (psycopg2.Error, DatabaseError) as error:
                # The outcome of a broken commit is unknown; the same rows are written again, which changes nothing.
                self.close()
                waited = True
                self._say_waiting(label, " ".join(str(error).split()))
                if self._stopping.wait(pause):
                    raise InterruptedError(
                        "stopped while the database was away; the batch is written after the next start"
                    ) from None
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._metrics.waiting.labels("database").set(0)
                self._metrics.write_seconds.observe(time.monotonic() - started)
                self._metrics.last_batch.set_to_current_time()
                self._metrics.batches.inc()
                if waited:
                    self._status.ready()
                return

    def _connect(self) -> Connection:
        """Raises DatabaseBehindError when what answers now does not know the last batch that was committed."""
        self._connection = connect(
            self._settings.database_url.get_secret_value(),
            patience=timedelta(0),
            application_name="cryptostream job",
        )
        known = last_written_batch(self._connection, self._settings.stream, self._checkpoint)
        if is_ahead_of_database(self._last_batch, known):
            raise DatabaseBehindError(
                f"batch {self._last_batch} was committed, the database now knows batches up to {known}"
            )
        return self._connection

    def _say_waiting(self, label: BatchLabel, reason: str) -> None:
        self._metrics.waiting.labels("database").set(1)
        self._status.not_ready(f"waiting for the database: {reason}")
        _log.warning("waiting for the database", batch=label.batch_id, reason=reason)

    def _count(self, step: BatchStep) -> None:
        for symbol, moved in step.symbols.items():
            known = self._state.get(symbol)
            old = known.panes if known is not None else {}
            for pane in moved.panes:
                before = old.get(pane.start)
                self._metrics.late_trades.inc(pane.late_trades - (before.late_trades if before else 0))
                self._metrics.missing_ids.inc(pane.missing_ids - (before.missing_ids if before else 0))
            self._metrics.windows.inc(len(moved.windows))
            for alert, _ in moved.alerts:
                self._metrics.alerts.labels(alert.detector, alert.state).inc()
