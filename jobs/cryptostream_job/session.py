"""The Spark session and the Kafka source."""

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from cryptostream_job.settings import JobSettings

# At INFO Spark writes some fifty lines a micro-batch.
_SPARK_LOG_LEVELS = {"DEBUG": "INFO", "INFO": "WARN", "WARNING": "WARN", "ERROR": "ERROR"}
_CHECKPOINTING = "org.apache.spark.sql.execution.streaming.checkpointing"


def spark_session(settings: JobSettings) -> SparkSession:
    """A session set for small, frequent micro-batches. What spark-submit has set already is left as it is."""
    builder = (
        SparkSession.builder.appName(f"cryptostream {settings.stream}")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.log.level", _SPARK_LOG_LEVELS[settings.log_level])
        .config("spark.sql.shuffle.partitions", settings.shuffle_partitions)
        .config(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        )
        .config("spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled", "true")
        .config("spark.sql.streaming.noDataMicroBatches.enabled", "false")
        # Not for queries with state; Spark warns of it at every start.
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.streaming.minBatchesToRetain", "20")
        # Hadoop's defaults for a folder start about ten processes for each file of the checkpoint (chmod, readlink),
        # forty a micro-batch. Without its .crc files and its FileContext there are none, and a file still comes into
        # being by a rename.
        .config("spark.hadoop.fs.file.impl", "org.apache.hadoop.fs.RawLocalFileSystem")
        .config(
            "spark.sql.streaming.checkpointFileManagerClass", f"{_CHECKPOINTING}.FileSystemBasedCheckpointFileManager"
        )
    )
    if settings.spark_master:
        builder = (
            builder.master(settings.spark_master)
            .config("spark.driver.memory", settings.driver_memory)
            .config("spark.driver.extraJavaOptions", settings.spark_java_options)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
        )
    if settings.spark_jars:
        builder = builder.config("spark.driver.extraClassPath", settings.spark_jars)
    return builder.getOrCreate()


class ConnectorMissingError(RuntimeError):
    """Spark's class path holds no Kafka connector."""


def check_connector(spark: SparkSession) -> None:
    """Raises ConnectorMissingError, saying what to set, when Spark cannot read Kafka."""
    try:
        spark.readStream.format("kafka").option("subscribe", "x").option("kafka.bootstrap.servers", "x").load()
    except AnalysisException as error:
        if "kafka" not in str(error).lower():
            raise
        raise ConnectorMissingError(
            "Spark finds no Kafka connector: set CRYPTOSTREAM_SPARK_JARS to its class path "
            "(`python -m cryptostream_local.jars --class-path` prints it), or give the jars to spark-submit"
        ) from None


def kafka_source(spark: SparkSession, settings: JobSettings, starting_offsets: str) -> DataFrame:
    """The trades topic, committed records only.

    ``starting_offsets`` is Spark's JSON of topic -> partition -> offset; it counts only for a checkpoint without
    batches.
    """
    reader = (
        spark.readStream.format("kafka")
        .option("subscribe", settings.stream.trades_topic)
        .option("startingOffsets", starting_offsets)
        # Spark makes up a group for each run: one right on a prefix covers them all.
        .option("groupIdPrefix", f"{settings.stream.trades_topic}.job")
        .option("maxOffsetsPerTrigger", settings.max_records_per_batch)
        .option("failOnDataLoss", "true")
        .option("kafka.isolation.level", "read_committed")
        .option("fetchOffset.numRetries", "3")
        .option("fetchOffset.retryIntervalMs", "1000")
    )
    for name, value in _kafka_options(settings).items():
        reader = reader.option(name, value)
    return reader.load()


def _kafka_options(settings: JobSettings) -> dict[str, str]:
    options = {
        "kafka.bootstrap.servers": settings.kafka_bootstrap,
        "kafka.security.protocol": settings.kafka_security_protocol,
        "kafka.default.api.timeout.ms": "15000",
        "kafka.request.timeout.ms": "10000",
    }
    if settings.kafka_ca_file:
        options["kafka.ssl.truststore.type"] = "PEM"
        options["kafka.ssl.truststore.location"] = settings.kafka_ca_file
    if settings.kafka_security_protocol.startswith("SASL"):
        module = (
            "org.apache.kafka.common.security.plain.PlainLoginModule"
            if settings.kafka_sasl_mechanism == "PLAIN"
            else "org.apache.kafka.common.security.scram.ScramLoginModule"
        )
        password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
        options["kafka.sasl.mechanism"] = settings.kafka_sasl_mechanism
        options["kafka.sasl.jaas.config"] = (
            f"{module} required username={_quoted(settings.kafka_username or '')} password={_quoted(password)};"
        )
    return options


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
