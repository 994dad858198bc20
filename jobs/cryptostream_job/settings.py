"""Settings of the job, read from CRYPTOSTREAM_* variables."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Geometry
from cryptostream_model.settings import Duration, KafkaSettings, microseconds


class GeometrySettings(KafkaSettings):
    """The lengths that define panes and windows, shared by every command that computes them."""

    pane: Duration = Field(timedelta(seconds=10), description="length of a pane; the slide is a multiple of it")
    slide: Duration = Field(timedelta(seconds=30), description="distance of windows; the window is a multiple of it")
    window: Duration = Field(timedelta(minutes=2), description="length of a window")
    allowed_lateness: Duration = Field(
        timedelta(seconds=5), description="how far behind its symbol's clock a trade may be and still count"
    )
    detectors: DetectorSettings = Field(default_factory=DetectorSettings, description="JSON, see docs/detectors")
    database_url: SecretStr = Field(description="libpq URL of the database, as the writer role")

    @property
    def geometry(self) -> Geometry:
        return Geometry(
            microseconds(self.pane),
            microseconds(self.slide),
            microseconds(self.window),
            microseconds(self.allowed_lateness),
        )

    @model_validator(mode="after")
    def _lengths_fit(self) -> Self:
        _ = self.geometry
        return self


class JobSettings(GeometrySettings):
    """What the Spark job needs."""

    checkpoint: Path = Field(description="folder of the checkpoint, on a volume that driver and executors mount")
    trigger_interval: Duration = Field(timedelta(milliseconds=200), description="shortest time between micro-batches")
    max_records_per_batch: int = Field(500_000, ge=1_000, description="bound of one micro-batch")
    shuffle_partitions: int = Field(2, ge=1, le=64, description="tasks of the aggregation; fixed for a checkpoint")
    state_retention: Duration = Field(
        timedelta(hours=24), description="how long a pane's state is kept; longer than maxHeal and startFrom"
    )
    spark_jars: str = Field("", description="class path of the Kafka connector where spark-submit does not give it")
    spark_master: str | None = Field(None, description="Spark master where spark-submit does not give it: local[2]")
    driver_memory: str = Field("1g", pattern="^[0-9]+[mg]$", description="heap of a local driver: 1g, 800m")
    spark_java_options: str = Field("-XX:+UseSerialGC", description="options of a local driver's Java")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="port of /metrics, /healthz and /readyz; 0 takes a free one"
    )
    stop_file: Path | None = Field(None, description="the job stops after the current batch when this file appears")
    housekeeping_interval: Duration = Field(
        timedelta(minutes=10), gt=timedelta(0), description="how often rows beyond their retention are deleted"
    )
    database_patience: Duration = Field(
        timedelta(minutes=5), description="how long to wait for the database at the start; a running job waits for ever"
    )
