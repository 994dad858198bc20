"""Publish committed alert revisions to Kafka: at least once, keyed by alert id."""

import threading
from contextlib import suppress
from datetime import timedelta

import orjson
import psycopg2
from confluent_kafka import KafkaException, Producer
from psycopg2.extras import execute_values

from cryptostream_job.metrics import JobMetrics
from cryptostream_job.settings import JobSettings
from cryptostream_model.logs import get_logger
from cryptostream_sql.connection import DatabaseError, connect

_log = get_logger(__name__)
_PAGE = 500


class Outbox:
    """A thread that empties crypto_alert_outbox, woken after a commit with alerts; it retries while a part is away.

    It publishes nothing before it knows its driver's epoch, and no page once that epoch is over: a driver that was
    paused would send revisions that its successor has already overtaken.
    """

    def __init__(self, settings: JobSettings, metrics: JobMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._epoch: int | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alert-outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def serve(self, epoch: int) -> None:
        """Publish what this and former epochs have left, from now on."""
        self._epoch = epoch
        self._wake.set()

    def wake(self) -> None:
        """Say that alerts have been committed."""
        self._wake.set()

    def stop(self) -> None:
        """Publish what is there, waiting five seconds at most; the rest stays in the outbox."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        producer = Producer(
            {
                **self._settings.librdkafka(),
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "delivery.timeout.ms": 30_000,
            }
        )
        while True:
            self._wake.wait(5.0)
            self._wake.clear()
            try:
                self._publish_all(producer)
            except (psycopg2.Error, DatabaseError, KafkaException, BufferError) as error:
                self._metrics.waiting.labels("outbox").set(1)
                _log.warning("alerts wait in the outbox", reason=" ".join(str(error).split()))
                self._stopping.wait(2.0)
                self._wake.set()
            else:
                self._metrics.waiting.labels("outbox").set(0)
            if self._stopping.is_set():
                return

    def _publish_all(self, producer: Producer) -> None:
        if self._epoch is None:
            return
        connection = connect(
            self._settings.database_url.get_secret_value(),
            patience=timedelta(0),
            application_name="cryptostream outbox",
        )
        try:
            while rows := self._page(connection):
                self._publish(producer, rows)
                with connection, connection.cursor() as cursor:
                    execute_values(
                        cursor,
                        "DELETE FROM crypto_alert_outbox AS o USING (VALUES %s) AS sent (stream, id, revision) "
                        "WHERE o.stream = sent.stream AND o.id = sent.id AND o.revision = sent.revision",
                        [(str(self._settings.stream), alert, revision) for alert, revision, _ in rows],
                    )
                self._metrics.alerts_published.inc(len(rows))
        finally:
            with suppress(psycopg2.Error):
                connection.close()

    def _page(self, connection: psycopg2.extensions.connection) -> list[tuple[str, int, dict[str, object]]]:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, revision, payload FROM crypto_alert_outbox JOIN crypto_writers USING (stream) "
                "WHERE stream = %s AND epoch = %s ORDER BY id, revision LIMIT %s",
                (str(self._settings.stream), self._epoch, _PAGE),
            )
            return list(cursor.fetchall())

    def _publish(self, producer: Producer, rows: list[tuple[str, int, dict[str, object]]]) -> None:
        failures: list[KafkaException] = []
        for alert, _, payload in rows:
            producer.produce(
                self._settings.stream.alerts_topic,
                key=alert,
                value=orjson.dumps(payload),
                on_delivery=lambda error, _message: failures.append(KafkaException(error)) if error else None,
            )
        if producer.flush(35.0):
            raise BufferError("Kafka did not acknowledge the alerts within 35 s")
        if failures:
            raise failures[0]
