"""Where the stream's records go."""

from typing import Literal

from pydantic import Field

from cryptostream_operator.api.base import LabelName, ObjectName, Part, Retention, SecretKey


class KafkaSecret(Part):
    """A Secret with the login of an external Kafka."""

    name: ObjectName = Field(description="name of the Secret, in the CryptoStream's namespace")
    username: str | None = Field(
        default=None,
        pattern="^[!-~]+$",
        min_length=1,
        max_length=253,
        description="user name, where the Secret does not hold it: Strimzi's are named after their user and hold the "
        "password only",
    )
    username_key: SecretKey = Field(
        default="username", description="key that holds the user name; without effect where username is given"
    )
    password_key: SecretKey = Field(default="password", description="key that holds the password")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are read."""
        return (self.password_key,) if self.username is not None else (self.username_key, self.password_key)


class KafkaAuthority(Part):
    """A Secret with the certificate of the authority that signed the brokers' certificates."""

    name: ObjectName = Field(description="name of the Secret, in the CryptoStream's namespace")
    key: SecretKey = Field(default="ca.crt", description="key that holds the certificate in PEM")


class ExternalKafka(Part):
    """A Kafka that Strimzi does not manage."""

    bootstrap_servers: str = Field(
        pattern=r"^[-._a-zA-Z0-9\[\]:]+:[0-9]+(,[-._a-zA-Z0-9\[\]:]+:[0-9]+)*$",
        max_length=1024,
        description="addresses of the brokers, host:port[,host:port]",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how clients connect"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="how clients log in, with SASL_PLAINTEXT and SASL_SSL"
    )
    producer_secret: KafkaSecret | None = Field(default=None, description="login of the producers, with SASL")
    job_secret: KafkaSecret | None = Field(
        default=None, description="login of the job, with SASL; the producers' login by default"
    )
    authority_secret: KafkaAuthority | None = Field(
        default=None, description="certificate authority, with SSL and SASL_SSL"
    )


class Kafka(Part):
    """The Kafka cluster: Strimzi's by default, of which topics and users are then made."""

    mode: Literal["strimzi", "external"] = Field(
        default="strimzi",
        description="who manages Kafka; strimzi: topics and users are made as its resources; external: Kafka is given, "
        "only topics are made; immutable",
    )
    cluster: LabelName = Field(
        default="kafka",
        description="name of Strimzi's Kafka resource, in the same namespace; immutable, since the records stay there",
    )
    port: int = Field(
        default=9093, ge=1, le=65535, description="port of Strimzi's internal listener with TLS and SCRAM-SHA-512"
    )
    external: ExternalKafka | None = Field(
        default=None,
        description="how to reach a Kafka that Strimzi does not manage; needed with mode external, refused otherwise",
    )


class Topic(Part):
    """The trades topic and its companions (positions, alerts, dead-letters)."""

    partitions: int = Field(
        default=4,
        ge=1,
        le=256,
        description="partitions of the trades topic; immutable, since a symbol's partition is for ever",
    )
    replicas: int | None = Field(
        default=None,
        ge=1,
        le=9,
        description="replicas of each partition; the Kafka cluster's default if left out; those of existing topics "
        "change only with Strimzi and its Cruise Control",
    )
    retention: Retention = Field(
        default="7d",
        description="how long trades are kept: 12h, 7d, or all; longer than producer.startFrom and producer.maxHeal",
    )
