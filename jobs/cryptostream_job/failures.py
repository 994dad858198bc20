"""What a failed query means: wait and try again, stop for good, or ask a person."""

import re
from enum import Enum

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException

from cryptostream_job.checkpoint import DatabaseBehindError
from cryptostream_job.epoch import SupersededError


class Failure(Enum):
    """Kinds of failures, by what is to be done."""

    KAFKA_AWAY = "kafka-away"
    """Kafka does not answer: start the query again from its checkpoint."""
    KAFKA_LOGIN = "kafka-login"
    """Kafka refuses the login or an authorization is missing: settings are wrong."""
    DATA_LOSS = "data-loss"
    """Records were deleted from the topic before they were processed."""
    DATABASE_BEHIND = "database-behind"
    """The database has lost committed batches: start again, which fills it from the topic."""
    SUPERSEDED = "superseded"
    """Another driver writes the stream."""
    STOPPED = "stopped"
    """The job was told to stop while it waited."""
    UNEXPECTED = "unexpected"


_PATTERNS = (
    (Failure.DATA_LOSS, r"KAFKA_DATA_LOSS|failOnDataLoss|data (may|might) have been lost|OffsetOutOfRangeException"),
    (
        Failure.KAFKA_LOGIN,
        r"SaslAuthentication|AuthenticationException|AuthorizationException|SslAuthentication|SaslState|SaslMechanism",
    ),
    (
        Failure.KAFKA_AWAY,
        (
            r"kafka.*(Timeout|Disconnect|Network|Retriable|NotLeader|UnknownTopicOrPartition|CoordinatorNotAvailable)"
            r"|Timeout of \d+ms expired|Failed to get records for|TimeoutException.*kafka|UnknownTopicOrPartition"
            r"|Failed to (construct|create new) (kafka|KafkaAdminClient)|No resolvable bootstrap urls"
        ),
    ),
)
# Spark appends offsets and the query's plan, which hold the names of topics and folders.
_APPENDIX = "=== Streaming Query ==="


def classify(error: BaseException | None, text: str) -> Failure:
    """The kind of a failure, from the exception raised in the batch if there was one, else from the query's text.

    A batch also reads from Kafka, so that an exception of Spark's is judged by the text too.
    """
    if isinstance(error, SupersededError):
        return Failure.SUPERSEDED
    if isinstance(error, DatabaseBehindError):
        return Failure.DATABASE_BEHIND
    if isinstance(error, InterruptedError):
        return Failure.STOPPED
    if error is not None and not isinstance(error, PySparkException | Py4JError):
        return Failure.UNEXPECTED
    cause = text.partition(_APPENDIX)[0]
    for kind, pattern in _PATTERNS:
        if re.search(pattern, cause, re.IGNORECASE | re.DOTALL):
            return kind
    return Failure.UNEXPECTED
