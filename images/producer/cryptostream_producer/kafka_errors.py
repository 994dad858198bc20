"""What an error of Kafka means for a partition's writer."""

from confluent_kafka import KafkaError

# After a fatal error librdkafka answers every call with _FATAL or _STATE, whatever the first cause was.
_FENCING = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError._FATAL,
        KafkaError._STATE,
    }
)
_CREDENTIALS = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
    }
)
_AUTHORIZATION = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    }
)


def may_be_fencing(error: KafkaError) -> bool:
    """The epoch may be used up: another producer took over, or the broker timed the transaction out."""
    return error.code() in _FENCING


def explain(error: KafkaError) -> str:
    """The error in words that name the setting to look at."""
    code = error.code()
    if code in _CREDENTIALS:
        return (
            f"Kafka refuses the credentials ({error.str()}): check CRYPTOSTREAM_KAFKA_USERNAME, "
            "CRYPTOSTREAM_KAFKA_PASSWORD and CRYPTOSTREAM_KAFKA_SASL_MECHANISM"
        )
    if code in _AUTHORIZATION:
        return f"Kafka refuses access ({error.str()}): the user CRYPTOSTREAM_KAFKA_USERNAME lacks a right"
    if code == KafkaError._SSL:
        return (
            f"TLS with Kafka fails ({error.str()}): check CRYPTOSTREAM_KAFKA_CA_FILE "
            "and CRYPTOSTREAM_KAFKA_SECURITY_PROTOCOL"
        )
    if code in (KafkaError._RESOLVE, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT):
        return f"Kafka is out of reach ({error.str()}): CRYPTOSTREAM_KAFKA_BOOTSTRAP"
    return str(error.str())
