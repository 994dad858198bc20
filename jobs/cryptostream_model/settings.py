"""The base of every part's typed settings: read from CRYPTOSTREAM_* variables, errors in the user's words."""

import re
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cryptostream_model.logs import LogFormat
from cryptostream_model.streams import StreamName

ENV_PREFIX = "CRYPTOSTREAM_"
_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class SettingsError(ValueError):
    """Settings that cannot be used; each line names the variable, its value and what is allowed."""


def parse_duration(value: Any) -> Any:
    """Read ``250ms``, ``10s``, ``2m``, ``1h`` or ``7d`` into a timedelta; other types pass through."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", value.strip())
    if not match:
        raise ValueError("write a number and a unit: 250ms, 10s, 2m, 1h or 7d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


def microseconds(duration: timedelta) -> int:
    """A duration as a whole number of microseconds."""
    return duration // timedelta(microseconds=1)


class PartSettings(BaseSettings):
    """What every part needs: the stream's name, Kafka, logs."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    namespace: str = Field("default", description="namespace of the stream")
    name: str = Field("local", description="name of the stream")
    log_format: LogFormat = Field("json", description="json or text")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @property
    def stream(self) -> StreamName:
        return StreamName(self.namespace, self.name)

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment. Raises SettingsError with one line per wrong variable."""
        try:
            settings = cls(**overrides)
            _ = settings.stream
        except ValidationError as error:
            raise SettingsError("\n".join(_describe(cls, problem) for problem in error.errors())) from None
        except ValueError as error:
            raise SettingsError(str(error)) from None
        return settings


class KafkaSettings(PartSettings):
    """How to reach Kafka."""

    kafka_bootstrap: str = Field("localhost:9092", min_length=1, description="bootstrap servers, host:port[,host:port]")
    kafka_security_protocol: str = Field(
        "PLAINTEXT",
        pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$",
        description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
    )
    kafka_sasl_mechanism: str = Field(
        "SCRAM-SHA-512",
        pattern="^(PLAIN|SCRAM-SHA-256|SCRAM-SHA-512)$",
        description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
    )
    kafka_username: str | None = Field(None, description="login for SASL_PLAINTEXT and SASL_SSL")
    kafka_password: SecretStr | None = Field(None, description="its password")
    kafka_ca_file: str | None = Field(None, description="PEM file of the certificate authority")

    def librdkafka(self) -> dict[str, Any]:
        """Connection settings in librdkafka's names."""
        config: dict[str, Any] = {
            "bootstrap.servers": self.kafka_bootstrap,
            "security.protocol": self.kafka_security_protocol,
        }
        if self.kafka_ca_file:
            config["ssl.ca.location"] = self.kafka_ca_file
        if self.kafka_security_protocol.startswith("SASL"):
            config["sasl.mechanism"] = self.kafka_sasl_mechanism
            config["sasl.username"] = self.kafka_username or ""
            config["sasl.password"] = self.kafka_password.get_secret_value() if self.kafka_password else ""
        return config


def _describe(cls: type[BaseSettings], problem: Any) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    field = cls.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
    variable = f"{ENV_PREFIX}{path.upper()}" if path else "settings"
    secret = field is not None and "SecretStr" in str(field.annotation)
    value = "" if secret or problem["type"] == "missing" else f" = {problem.get('input')!r}"
    allowed = f" ({field.description})" if field is not None and field.description else ""
    return f"{variable}{value}: {problem['msg']}{allowed}"
