"""What a failed query means, told from the texts that Spark 4.2 gives."""

import pytest
from py4j.protocol import Py4JError  # type: ignore[import-untyped]

from cryptostream_job.checkpoint import DatabaseBehindError
from cryptostream_job.epoch import SupersededError
from cryptostream_job.failures import Failure, classify

HEAD = "[STREAM_FAILED] Query [id = 6ece14ab, runId = 27438b6c] terminated with exception: "
PLAN = """ SQLSTATE: XXKST
=== Streaming Query ===
Identifier: [id = 6ece14ab, runId = 27438b6c]
Current Available Offsets: {KafkaV2[Subscribe[network.timeout.trades]]: {"network.timeout.trades":{"0":101}}}
Logical Plan:
~WriteToMicroBatchDataSourceV1 ForeachBatchSink, 6ece14ab, [checkpointLocation=/failOnDataLoss/kafka], Update"""
IN_BATCH = "[FOREACH_BATCH_USER_FUNCTION_ERROR] An error occurred in the user provided function in foreach batch sink. "


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (
            "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: listNodes",
            Failure.KAFKA_AWAY,
        ),
        (
            "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this partition",
            Failure.KAFKA_AWAY,
        ),
        (
            "[KAFKA_DATA_LOSS.COULD_NOT_READ_OFFSET_RANGE] Some data may have been lost because they are not available",
            Failure.DATA_LOSS,
        ),
        (
            "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid username",
            Failure.KAFKA_LOGIN,
        ),
        (
            "org.apache.kafka.common.errors.IllegalSaslStateException: Unexpected handshake request",
            Failure.KAFKA_LOGIN,
        ),
        (
            "org.apache.kafka.common.errors.UnsupportedSaslMechanismException: Client SASL mechanism not enabled",
            Failure.KAFKA_LOGIN,
        ),
        (
            "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics",
            Failure.KAFKA_LOGIN,
        ),
        ("java.lang.OutOfMemoryError: Java heap space", Failure.UNEXPECTED),
    ],
)
def test_the_cause_is_read_from_sparks_text_and_not_from_the_names_in_its_plan(cause: str, kind: Failure) -> None:
    assert classify(None, HEAD + cause + PLAN) is kind
    assert classify(Py4JError("the batch reads from Kafka too"), HEAD + IN_BATCH + cause + PLAN) is kind


def test_what_python_raises_in_a_batch_is_judged_by_its_type() -> None:
    text = HEAD + IN_BATCH + "Reason: psycopg2.DataError: kafka timeout, disconnected" + PLAN
    assert classify(ValueError("kafka timeout"), text) is Failure.UNEXPECTED
    assert classify(SupersededError("epoch 2"), text) is Failure.SUPERSEDED
    assert classify(DatabaseBehindError("batch 7 was committed"), text) is Failure.DATABASE_BEHIND
    assert classify(InterruptedError("told to stop"), text) is Failure.STOPPED
