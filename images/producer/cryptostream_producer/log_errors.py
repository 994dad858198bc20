"""How writing or reading a partition ends early."""

from confluent_kafka import KafkaError, KafkaException

from cryptostream_producer.kafka_errors import explain, may_be_fencing


class LogBrokenError(Exception):
    """The transaction failed or its outcome is unknown. ``fencing``: the error says that the epoch was used up."""

    def __init__(self, reason: str, fencing: bool = False) -> None:
        super().__init__(reason)
        self.fencing = fencing


class ForeignStreamError(Exception):
    """The topics belong to another exchange or feed than the settings say, or to newer code."""


class TakenOverError(Exception):
    """Another process has signed the partition: ``writer`` is the owner now."""

    def __init__(self, writer: str) -> None:
        super().__init__(f"the partition belongs to {writer}")
        self.writer = writer


class StoppedError(Exception):
    """The process is stopping."""


def broken(error: KafkaException) -> LogBrokenError:
    kafka_error: KafkaError = error.args[0]
    return LogBrokenError(explain(kafka_error), may_be_fencing(kafka_error))
