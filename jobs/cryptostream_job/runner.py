"""The job's process: session, probes, signals, and starting the query again while its causes pass."""

import signal
import threading
from enum import IntEnum
from pathlib import Path
from types import FrameType

from confluent_kafka import KafkaException
from pyspark.sql import SparkSession

from cryptostream_job.checkpoint import CheckpointError
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.epoch import GeometryChangedError
from cryptostream_job.failures import Failure
from cryptostream_job.housekeeping import Housekeeping
from cryptostream_job.load import DetectorVersionError
from cryptostream_job.metrics import JobMetrics, ProgressListener
from cryptostream_job.outbox import Outbox
from cryptostream_job.parts import JobParts
from cryptostream_job.query import Outcome, run_query
from cryptostream_job.session import ConnectorMissingError, check_connector, spark_session
from cryptostream_job.settings import JobSettings
from cryptostream_job.status import Status
from cryptostream_model.logs import configure_logging, get_logger
from cryptostream_model.probes import ProbeServer
from cryptostream_sql.connection import DatabaseError

_log = get_logger(__name__)
_UNUSABLE = (
    DatabaseError,
    KafkaException,
    GeometryChangedError,
    CheckpointError,
    ConnectorMissingError,
    DetectorVersionError,
)


class ExitCode(IntEnum):
    """How the process ends."""

    STOPPED = 0
    UNEXPECTED = 1
    CONFIGURATION = 2
    SUPERSEDED = 3


def run_job(settings: JobSettings) -> ExitCode:
    """Run until a signal or the stop file ends it, or a cause that waiting does not mend."""
    configure_logging("job", settings.log_format, settings.log_level)
    stopping = threading.Event()
    _stop_on_signals(stopping)  # while Spark starts
    if settings.stop_file is not None:
        threading.Thread(target=_watch, args=(settings.stop_file, stopping), name="stop-file", daemon=True).start()
    metrics, status = JobMetrics(), Status()
    probes = ProbeServer(settings.metrics_port, metrics.registry, status.why_not_live, status.why_not_ready)
    probes.start()
    _log.info("job starting", stream=str(settings.stream), probes_port=probes.port)
    spark = spark_session(settings)
    _stop_on_signals(stopping)  # pyspark has put a handler of its own in the place of ours
    ProgressListener(metrics).listen(spark)
    outbox = Outbox(settings, metrics)
    housekeeping = Housekeeping(settings)
    outbox.start()
    housekeeping.start()
    detectors = build_detectors(settings.detectors, settings.geometry, settings.stream)
    try:
        check_connector(spark)
        return _keep_running(spark, JobParts(settings, detectors, metrics, status, outbox, stopping))
    except _UNUSABLE as error:
        _log.error("cannot start", reason=str(error))
        return ExitCode.CONFIGURATION
    finally:
        housekeeping.stop()
        outbox.stop()
        spark.stop()
        probes.stop()


def _keep_running(spark: SparkSession, parts: JobParts) -> ExitCode:
    pause = 1.0
    while True:
        outcome = run_query(spark, parts)
        if outcome.failure is None or outcome.failure is Failure.STOPPED:
            _log.info("job stopped")
            return ExitCode.STOPPED
        parts.status.not_ready(f"{outcome.failure.value}: {outcome.reason}")
        match outcome.failure:
            case Failure.KAFKA_AWAY:
                parts.metrics.waiting.labels("kafka").set(1)
                _log.warning("Kafka is away; starting the query again", pause_seconds=pause, reason=outcome.reason)
                parts.stopping.wait(pause)
                pause = min(pause * 2, 10.0)
            case Failure.DATABASE_BEHIND:
                _log.warning("the database has lost batches; starting the query again", reason=outcome.reason)
            case Failure.SUPERSEDED:
                _log.error("superseded", reason=outcome.reason)
                return ExitCode.SUPERSEDED
            case Failure.KAFKA_LOGIN:
                _log.error(
                    "Kafka refuses the login: see CRYPTOSTREAM_KAFKA_USERNAME, CRYPTOSTREAM_KAFKA_PASSWORD and "
                    "CRYPTOSTREAM_KAFKA_SECURITY_PROTOCOL",
                    reason=outcome.reason,
                )
                return ExitCode.CONFIGURATION
            case Failure.DATA_LOSS:
                return _hold(outcome, parts)
            case _:
                _log.error("the query failed", reason=outcome.reason)
                return ExitCode.UNEXPECTED


def _hold(outcome: Outcome, parts: JobParts) -> ExitCode:
    """Stay up, not ready: going on would hide a hole, and starting again would end the same way."""
    reason = (
        "records were deleted from the trades topic before they were processed; run `cryptostream rebuild --from TIME` "
        f"with the time from which the topic is whole, then restart the job. {outcome.reason}"
    )
    parts.metrics.condition.labels("data-loss").set(1)
    parts.status.not_ready(f"data-loss: {reason}")
    _log.error("data loss", reason=reason)
    parts.stopping.wait()
    return ExitCode.STOPPED


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        _log.info("stopping", signal=signal.Signals(number).name)
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _watch(stop_file: Path, stopping: threading.Event) -> None:
    """Stop when the file appears: on Kubernetes the JVM gets the signal, and Python's handler never runs."""
    while not stopping.wait(0.25):
        if stop_file.exists():
            _log.info("stop file found", file=str(stop_file))
            stopping.set()
