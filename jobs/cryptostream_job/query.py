"""One run of the streaming query, from taking the stream over to its end."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg2
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg2.extensions import connection as Connection  # noqa: N812
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from cryptostream_job.checkpoint import (
    Checkpoint,
    is_ahead_of_database,
    last_committed_batch,
    open_checkpoint,
    starting_offsets,
    starting_times,
)
from cryptostream_job.detectors.base import Detector
from cryptostream_job.epoch import Tenure, raise_generation, take_over
from cryptostream_job.failures import Failure, classify
from cryptostream_job.ledger import last_written_batch
from cryptostream_job.load import load_stream_state
from cryptostream_job.panes import aggregate_panes, read_records
from cryptostream_job.parts import JobParts
from cryptostream_job.session import kafka_source
from cryptostream_job.settings import JobSettings
from cryptostream_job.state import StoredStream
from cryptostream_job.writer import BatchWriter
from cryptostream_model.logs import get_logger
from cryptostream_model.settings import microseconds
from cryptostream_sql.connection import DatabaseUnreachableError, connect
from cryptostream_sql.schema import check_schema

_log = get_logger(__name__)
_METADATA_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a query ended: ``failure`` None when it was asked to stop."""

    failure: Failure | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Start:
    tenure: Tenure
    checkpoint: Checkpoint
    stored: StoredStream


def run_query(spark: SparkSession, parts: JobParts) -> Outcome:
    """Take the stream over, start the query and wait for its end or for ``parts.stopping``.

    Raises what makes a start impossible: SchemaError, DatabaseError, GeometryChangedError, CheckpointError,
    DetectorVersionError, and KafkaException when librdkafka cannot use the settings.
    """
    settings = parts.settings
    partitions = _partitions(parts)
    if isinstance(partitions, Outcome):
        return partitions
    start = _start(parts)
    if start is None:
        return Outcome(None)
    parts.metrics.waiting.labels("database").set(0)
    parts.metrics.epoch.set(start.tenure.epoch)
    parts.outbox.serve(start.tenure.epoch)
    writer = BatchWriter(parts, start.stored, start.tenure.epoch, start.checkpoint.id)
    try:
        found = _offsets_at(settings, starting_times(start.stored.symbols.values()))
    except KafkaException as error:
        return Outcome(Failure.KAFKA_AWAY, str(error))
    source = kafka_source(spark, settings, starting_offsets(settings.stream.trades_topic, partitions, found))
    panes = aggregate_panes(
        read_records(source), settings.geometry, microseconds(settings.state_retention) // 1_000_000
    )
    try:
        query = (
            panes.writeStream.outputMode("update")
            .queryName(f"panes-{start.tenure.epoch}-{time.monotonic_ns()}")
            .option("checkpointLocation", str(start.checkpoint.folder))
            .trigger(processingTime=f"{microseconds(settings.trigger_interval) // 1000} milliseconds")
            .foreachBatch(writer)
            .start()
        )
        _log.info(
            "query started",
            epoch=start.tenure.epoch,
            checkpoint=str(start.checkpoint.folder),
            symbols=len(start.stored.symbols),
            partitions=partitions,
        )
        parts.status.ready()
        parts.has_run.set()
        return _await_end(query, parts)
    except PySparkException as error:
        text = str(error)
        return Outcome(classify(writer.failure, text), str(writer.failure) if writer.failure else _first_lines(text))
    finally:
        writer.close()


def _start(parts: JobParts) -> _Start | None:
    """Take the stream over, waiting for the database; None when told to stop.

    A job that has run before waits for ever, one that starts for ``database_patience``: it may have the wrong address.
    Raises as ``run_query`` does.
    """
    settings = parts.settings
    deadline = None if parts.has_run.is_set() else time.monotonic() + settings.database_patience.total_seconds()
    while not parts.stopping.is_set():
        try:
            connection = connect(settings.database_url.get_secret_value(), application_name="cryptostream job")
            try:
                check_schema(connection)
                return _take_over(connection, settings, parts.detectors)
            finally:
                connection.close()
        except (DatabaseUnreachableError, psycopg2.OperationalError) as error:
            reason = " ".join(str(error).split())
            if deadline is not None and time.monotonic() >= deadline:
                raise DatabaseUnreachableError(reason) from None
            parts.metrics.waiting.labels("database").set(1)
            parts.status.not_ready(f"waiting for the database: {reason}")
            _log.warning("waiting for the database", reason=reason)
            parts.stopping.wait(1.0)
    return None


def _take_over(connection: Connection, settings: JobSettings, detectors: Sequence[Detector]) -> _Start:
    tenure = take_over(connection, settings.stream, settings.geometry)
    checkpoint = _open(settings, tenure.checkpoint_generation)
    spark_batch = last_committed_batch(checkpoint)
    if is_ahead_of_database(spark_batch, last_written_batch(connection, settings.stream, checkpoint.id)):
        _log.warning("the checkpoint is ahead of the database; starting a fresh one", batch=spark_batch)
        with connection:
            tenure = Tenure(tenure.epoch, raise_generation(connection, settings.stream))
        checkpoint = _open(settings, tenure.checkpoint_generation)
    return _Start(tenure, checkpoint, load_stream_state(connection, settings.stream, settings.geometry, detectors))


def _open(settings: JobSettings, generation: int) -> Checkpoint:
    return open_checkpoint(
        settings.checkpoint, generation, settings.stream, settings.geometry, settings.shuffle_partitions
    )


def _await_end(query: StreamingQuery, parts: JobParts) -> Outcome:
    while query.isActive:
        if parts.stopping.wait(0.25):
            _finish_batch(query, timedelta(seconds=20))
            query.stop()
            return Outcome(None)
    # Raises what ended the query.
    query.awaitTermination(10)
    return Outcome(Failure.UNEXPECTED, "the query ended without an error")


def _finish_batch(query: StreamingQuery, patience: timedelta) -> None:
    """Let the current batch end: stopping in its middle is safe, but makes the next start redo it.

    Where batches take longer than the trigger interval one follows the other: there is hardly a moment without any.
    """
    deadline = time.monotonic() + patience.total_seconds()
    before = _last_batch(query)
    while query.isActive and query.status["isTriggerActive"] and time.monotonic() < deadline:
        if _last_batch(query) != before:
            return
        time.sleep(0.02)


def _last_batch(query: StreamingQuery) -> int | None:
    """The number of the newest batch that has ended. PySpark's ``lastProgress`` takes some three hundred calls."""
    progress = query._jsq.lastProgress()
    return None if progress is None else int(progress.batchId())


def _partitions(parts: JobParts) -> int | Outcome:
    """Number of partitions of the trades topic, waiting for it; an outcome when told to stop or refused by Kafka."""
    settings = parts.settings
    topic = settings.stream.trades_topic
    refusals: list[str] = []

    def on_error(error: KafkaError) -> None:
        if error.code() == KafkaError._AUTHENTICATION:
            refusals.append(error.str())

    config: dict[str, Any] = {**settings.librdkafka(), "log_level": 0, "error_cb": on_error}
    admin = AdminClient(config)
    while not parts.stopping.is_set():
        try:
            # All topics: asking for one by its name would create it where brokers do that.
            found = admin.list_topics(timeout=_METADATA_SECONDS).topics.get(topic)
            reason = f"topic {topic} does not exist yet at {settings.kafka_bootstrap} (CRYPTOSTREAM_KAFKA_BOOTSTRAP)"
        except KafkaException as error:
            found = None
            reason = f"Kafka does not answer at {settings.kafka_bootstrap} (CRYPTOSTREAM_KAFKA_BOOTSTRAP): {error}"
        admin.poll(0)
        if refusals:
            return Outcome(Failure.KAFKA_LOGIN, refusals[0])
        parts.metrics.waiting.labels("kafka").set(0 if found else 1)
        if found:
            return len(found.partitions)
        parts.status.not_ready(reason)
        _log.warning("waiting for Kafka", reason=reason)
        parts.stopping.wait(1.0)
    return Outcome(None)


def _offsets_at(settings: JobSettings, times: Mapping[int, int]) -> dict[int, int]:
    """The first committed offset at or after a time, by partition; negative where there is none.

    ``times``: partition -> milliseconds. Raises KafkaException.
    """
    if not times:
        return {}
    topic = settings.stream.trades_topic
    consumer = Consumer({**settings.librdkafka(), "group.id": f"{settings.stream.trades_topic}.job", "log_level": 0})
    try:
        wanted = [TopicPartition(topic, partition, time) for partition, time in times.items()]
        return {at.partition: at.offset for at in consumer.offsets_for_times(wanted, timeout=_METADATA_SECONDS)}
    finally:
        consumer.close()


def _first_lines(text: str, count: int = 6) -> str:
    return "\n".join(text.splitlines()[:count])
