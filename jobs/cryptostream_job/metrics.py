"""Prometheus metrics of the job, and the listener that fills them from the query's progress."""

import json
from typing import Any, ClassVar

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession
from pyspark.sql.streaming.listener import StreamingQueryProgress

from cryptostream_job.panes import OBSERVED

_PREFIX = "cryptostream_job_"


class JobMetrics:
    """Every metric of the job, in one registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.records = Counter(f"{_PREFIX}records", "Records read from the trades topic", registry=registry)
        self.unreadable = Counter(f"{_PREFIX}unreadable_records", "Records that could not be read", registry=registry)
        self.newer_schema = Counter(
            f"{_PREFIX}newer_schema_records", "Records of a newer schema than this code reads", registry=registry
        )
        self.batches = Counter(f"{_PREFIX}batches", "Micro-batches committed to the database", registry=registry)
        self.batch_seconds = Histogram(
            f"{_PREFIX}batch_seconds",
            "Duration of micro-batches",
            buckets=(0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30),
            registry=registry,
        )
        self.phase_seconds = Summary(
            f"{_PREFIX}phase_seconds",
            "Time that micro-batches spend in each of Spark's phases",
            ["phase"],
            registry=registry,
        )
        self.write_seconds = Histogram(
            f"{_PREFIX}write_seconds",
            "Duration of the database transaction of a micro-batch",
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=registry,
        )
        self.last_batch = Gauge(
            f"{_PREFIX}last_batch_timestamp_seconds", "Host time of the last commit", registry=registry
        )
        self.lag = Gauge(f"{_PREFIX}lag_records", "Records in the topic that are not processed yet", registry=registry)
        self.state_rows = Gauge(f"{_PREFIX}state_rows", "Panes in Spark's state", registry=registry)
        self.state_bytes = Gauge(f"{_PREFIX}state_bytes", "Memory of Spark's state", registry=registry)
        self.dropped = Counter(
            f"{_PREFIX}watermark_dropped_rows",
            "Rows older than the state retention: repair with `cryptostream rebuild`",
            registry=registry,
        )
        self.late_trades = Counter(
            f"{_PREFIX}late_trades", "Trades that came after their pane had closed", registry=registry
        )
        self.missing_ids = Counter(
            f"{_PREFIX}missing_ids", "Ids that the exchange could not deliver", registry=registry
        )
        self.windows = Counter(f"{_PREFIX}windows_closed", "Windows closed", registry=registry)
        self.alerts = Counter(
            f"{_PREFIX}alert_changes",
            "Alert revisions by detector and state",
            ["detector", "state"],
            registry=registry,
        )
        self.detector_seconds = Counter(
            f"{_PREFIX}detector_seconds", "Time that each detector has taken", ["detector"], registry=registry
        )
        self.detector_off = Gauge(
            f"{_PREFIX}detector_off", "1 while a detector that failed is switched off", ["detector"], registry=registry
        )
        self.open_alerts = Gauge(f"{_PREFIX}open_alerts", "Alerts whose episode lasts", registry=registry)
        self.alerts_published = Counter(
            f"{_PREFIX}alerts_published", "Alert revisions acknowledged by Kafka", registry=registry
        )
        self.epoch = Gauge(f"{_PREFIX}epoch", "Epoch under which this driver writes", registry=registry)
        self.waiting = Gauge(
            f"{_PREFIX}waiting", "1 while the job waits for a part that is away", ["part"], registry=registry
        )
        self.condition = Gauge(f"{_PREFIX}condition", "1 while a condition holds", ["condition"], registry=registry)


class ProgressListener:
    """Copies each micro-batch's progress into the metrics.

    PySpark's own StreamingQueryListener asks the JVM for each field of a progress, some three hundred calls a batch;
    this one takes it as one text.
    """

    def __init__(self, metrics: JobMetrics) -> None:
        self._metrics = metrics

    def listen(self, spark: SparkSession) -> None:
        """Be told of every query of the session."""
        context = spark.sparkContext
        if context._gateway is None or context._jvm is None:
            raise RuntimeError("the session has no JVM")
        ensure_callback_server_started(context._gateway)  # type: ignore[no-untyped-call]
        wrapper = context._jvm.org.apache.spark.sql.streaming.PythonStreamingQueryListenerWrapper
        spark.streams._jsqm.addListener(wrapper(self))

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802 - Spark's name
        pass

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802
        pass

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802
        pass

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802
        self.count(StreamingQueryProgress.fromJson(orjson.loads(event.progress().json())))

    def count(self, progress: StreamingQueryProgress) -> None:
        """One micro-batch's progress."""
        if progress.numInputRows:
            self._metrics.batch_seconds.observe(progress.batchDuration / 1000)
            for phase, milliseconds in progress.durationMs.items():
                self._metrics.phase_seconds.labels(phase).observe(milliseconds / 1000)
        for operator in progress.stateOperators:
            self._metrics.state_rows.set(operator.numRowsTotal)
            self._metrics.state_bytes.set(operator.memoryUsedBytes)
            if operator.numRowsDroppedByWatermark:
                self._metrics.dropped.inc(operator.numRowsDroppedByWatermark)
                self._metrics.condition.labels("rows-dropped-by-watermark").set(1)
        for source in progress.sources:
            self._metrics.lag.set(_lag(source.endOffset, source.latestOffset))
        if (observed := progress.observedMetrics.get(OBSERVED)) is not None:
            self._metrics.records.inc(observed["read"])
            self._metrics.unreadable.inc(observed["unreadable"])
            self._metrics.newer_schema.inc(observed["newer_schema"])
            if observed["newer_schema"]:
                self._metrics.condition.labels("newer-schema").set(1)

    class Java:
        """What py4j is to make of it."""

        implements: ClassVar = ["org.apache.spark.sql.streaming.PythonStreamingQueryListener"]


def _lag(end: str | None, latest: str | None) -> int:
    """Records between two of the Kafka source's offsets, JSON of topic -> partition -> offset."""
    if not end or not latest:
        return 0
    read, available = json.loads(end), json.loads(latest)
    return sum(
        max(0, offset - read.get(topic, {}).get(partition, offset))
        for topic, partitions in available.items()
        for partition, offset in partitions.items()
    )
