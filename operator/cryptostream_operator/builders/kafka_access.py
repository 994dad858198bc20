"""How a container reaches Kafka: environment with references to secrets, and the mounted certificate authority."""

from typing import Literal

from cryptostream_operator.builders.image_layout import KAFKA_AUTHORITY, KAFKA_AUTHORITY_FILE
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.variables import Variables, from_secret, literal

User = Literal["producer", "job"]

_VOLUME = "kafka-authority"
_STRIMZI_PASSWORD_KEY = "password"  # noqa: S105 - a key of a Secret
_STRIMZI_AUTHORITY_KEY = "ca.crt"


def kafka_environment(stream: Stream, user: User) -> Variables:
    """Address and login of one of the stream's users."""
    return _strimzi(stream, user) if stream.spec.kafka.mode == "strimzi" else _external(stream, user)


def authority_volumes(stream: Stream) -> list[Manifest]:
    """The volume with the certificate authority, none where connections are not encrypted by one of the user's own."""
    source = _authority(stream)
    if source is None:
        return []
    secret, key = source
    # The whole volume is mounted, not a file of it: a renewed certificate then arrives by itself.
    return [{"name": _VOLUME, "secret": {"secretName": secret, "items": [{"key": key, "path": "ca.crt"}]}}]


def authority_mounts(stream: Stream) -> list[Manifest]:
    """Where containers find that volume: one path for all, since the driver tells executors where to look."""
    if _authority(stream) is None:
        return []
    return [{"name": _VOLUME, "mountPath": KAFKA_AUTHORITY, "readOnly": True}]


def _strimzi(stream: Stream, user: User) -> Variables:
    kafka = stream.spec.kafka
    # A KafkaUser's name is its login and the name of the Secret that Strimzi writes for it.
    login = stream.names.producer if user == "producer" else stream.names.job
    return {
        "CRYPTOSTREAM_KAFKA_BOOTSTRAP": literal(f"{kafka.cluster}-kafka-bootstrap:{kafka.port}"),
        "CRYPTOSTREAM_KAFKA_SECURITY_PROTOCOL": literal("SASL_SSL"),
        "CRYPTOSTREAM_KAFKA_SASL_MECHANISM": literal("SCRAM-SHA-512"),
        "CRYPTOSTREAM_KAFKA_USERNAME": literal(login),
        "CRYPTOSTREAM_KAFKA_PASSWORD": from_secret(login, _STRIMZI_PASSWORD_KEY),
        "CRYPTOSTREAM_KAFKA_CA_FILE": literal(KAFKA_AUTHORITY_FILE),
    }


def _external(stream: Stream, user: User) -> Variables:
    kafka = stream.spec.kafka.external
    if kafka is None:
        return {}
    variables = {
        "CRYPTOSTREAM_KAFKA_BOOTSTRAP": literal(kafka.bootstrap_servers),
        "CRYPTOSTREAM_KAFKA_SECURITY_PROTOCOL": literal(kafka.security_protocol),
    }
    if kafka.security_protocol.startswith("SASL"):
        variables["CRYPTOSTREAM_KAFKA_SASL_MECHANISM"] = literal(kafka.sasl_mechanism)
        secret = (kafka.job_secret or kafka.producer_secret) if user == "job" else kafka.producer_secret
        if secret is not None:
            given = secret.username
            name = from_secret(secret.name, secret.username_key) if given is None else literal(given)
            variables["CRYPTOSTREAM_KAFKA_USERNAME"] = name
            variables["CRYPTOSTREAM_KAFKA_PASSWORD"] = from_secret(secret.name, secret.password_key)
    if _authority(stream) is not None:
        variables["CRYPTOSTREAM_KAFKA_CA_FILE"] = literal(KAFKA_AUTHORITY_FILE)
    return variables


def _authority(stream: Stream) -> tuple[str, str] | None:
    """Secret and key of the certificate authority."""
    kafka = stream.spec.kafka
    if kafka.mode == "strimzi":
        return f"{kafka.cluster}-cluster-ca-cert", _STRIMZI_AUTHORITY_KEY
    external = kafka.external
    if external is None or external.authority_secret is None or not external.security_protocol.endswith("SSL"):
        return None
    return external.authority_secret.name, external.authority_secret.key
