"""The producers, the Spark job, and where the job writes."""

from typing import Literal

from pydantic import Field

from cryptostream_operator.api.base import (
    Cpu,
    Duration,
    Image,
    Memory,
    ObjectName,
    Part,
    Resources,
    SecretKey,
    SparkMemory,
)

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
PullPolicy = Literal["Always", "IfNotPresent", "Never"]


class Producer(Part):
    """The processes that write the exchange's trades to Kafka."""

    shards: int = Field(
        default=1, ge=1, le=256, description="number of producers that share the symbols; at most partitions"
    )
    start_from: Duration = Field(
        default="1h", description="history fetched before a symbol's first live trade, at most 23h; 0s for none"
    )
    max_heal: Duration = Field(
        default="6h", description="oldest missing trades that are still fetched after a long stop, at most 23h"
    )
    image: Image | None = Field(default=None, description="container image; the operator's default if left out")
    image_pull_policy: PullPolicy = Field(default="IfNotPresent", description="when the image is pulled")
    resources: Resources = Field(default_factory=Resources, description="what each producer asks for")
    log_level: LogLevel = Field(default="INFO", description="least severe log lines that are written")


class Driver(Part):
    """Spark's driver, which also composes, detects and writes."""

    cores: int = Field(default=1, ge=1, le=64, description="cores that Spark uses")
    cpu: Cpu = Field(default="200m", description="CPU request; may be less than cores")
    cpu_limit: Cpu | None = Field(default=None, description="CPU limit, at least the request; none by default")
    memory: SparkMemory = Field(default="1g", description="heap of the JVM, at least 512m: 900m, 2g")
    memory_overhead: SparkMemory = Field(default="600m", description="memory for Python and off the heap")


class Executor(Part):
    """Spark's executors, which aggregate trades into panes."""

    instances: int = Field(default=1, ge=1, le=256, description="number of executors")
    cores: int = Field(default=1, ge=1, le=64, description="cores that Spark uses, each")
    cpu: Cpu = Field(default="200m", description="CPU request, each; may be less than cores")
    cpu_limit: Cpu | None = Field(default=None, description="CPU limit, each, at least the request; none by default")
    memory: SparkMemory = Field(default="1g", description="heap of the JVM, each, at least 512m")
    memory_overhead: SparkMemory = Field(default="400m", description="memory off the heap, each")


class Checkpoint(Part):
    """The volume that driver and executors mount for Spark's checkpoint."""

    claim_name: ObjectName | None = Field(
        default=None, description="an existing PersistentVolumeClaim; without it one is made for the stream; immutable"
    )
    storage_class: ObjectName | None = Field(
        default=None,
        description="storage class of the claim that is made; the cluster's default if left out; immutable",
    )
    size: Memory = Field(default="1Gi", description="size of the claim that is made; may grow")
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        default="ReadWriteOnce",
        description="how the volume is mounted; ReadWriteOnce, which every storage class has, keeps driver and "
        "executors on one node; ReadWriteMany lets them spread; immutable",
    )


class Job(Part):
    """The Spark application."""

    image: Image | None = Field(default=None, description="container image; the operator's default if left out")
    image_pull_policy: PullPolicy = Field(default="IfNotPresent", description="when the image is pulled")
    driver: Driver = Field(default_factory=Driver, description="Spark's driver")
    executor: Executor = Field(default_factory=Executor, description="Spark's executors")
    checkpoint: Checkpoint = Field(default_factory=Checkpoint, description="where Spark keeps its state")
    shuffle_partitions: int = Field(
        default=2,
        ge=1,
        le=64,
        description="tasks of the aggregation; a change rebuilds what is stored, with a fresh checkpoint",
    )
    trigger_interval: Duration = Field(default="200ms", description="shortest time between micro-batches, at most 1m")
    log_level: LogLevel = Field(default="INFO", description="least severe log lines that are written")


class DatabaseAuthority(Part):
    """A Secret with the certificate of the authority that signed the database's certificate."""

    name: ObjectName = Field(description="name of the Secret, in the CryptoStream's namespace")
    key: SecretKey = Field(default="ca.crt", description="key that holds the certificate in PEM")


class Sink(Part):
    """The database that the job writes to, with the schema of `cryptostream migrate`."""

    secret_name: ObjectName = Field(default="cryptostream-database", description="Secret with the job's database URL")
    secret_key: SecretKey = Field(default="url", description="key of that Secret: a libpq URL as the writer role")
    authority_secret: DatabaseAuthority | None = Field(
        default=None,
        description="certificate authority of the database, for a URL with sslmode verify-ca or verify-full that names "
        "no sslrootcert",
    )
