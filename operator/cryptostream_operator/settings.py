"""The operator's settings, CRYPTOSTREAM_OPERATOR_* variables."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cryptostream_model.logs import LogFormat
from cryptostream_model.settings import Duration, SettingsError
from cryptostream_operator.builders.inputs import Defaults
from cryptostream_operator.plan.inputs import Policy

ENV_PREFIX = "CRYPTOSTREAM_OPERATOR_"


def _names(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))


NameList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
PositiveDuration = Annotated[Duration, Field(gt=timedelta(0))]


class OperatorSettings(BaseSettings):
    """What the operator needs to know."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    namespaces: NameList = Field(
        (), description="comma-separated namespaces to look after; empty for the whole cluster"
    )
    producer_image: str = Field(
        "cryptostream/producer:0.1.0", min_length=1, description="image of producers whose CryptoStream names none"
    )
    job_image: str = Field(
        "cryptostream/job:0.1.0", min_length=1, description="image of jobs whose CryptoStream names none"
    )
    spark_version: str = Field("4.2.0", min_length=1, description="Spark version of the job image")
    image_pull_secrets: NameList = Field((), description="comma-separated Secrets that every stream's pods pull with")

    workers: int = Field(4, ge=1, le=64, description="streams that are worked on at once")
    resync_interval: PositiveDuration = Field(
        timedelta(minutes=5), description="how often every stream is looked at even though nothing was heard of it"
    )
    relist_interval: PositiveDuration = Field(
        timedelta(minutes=30), description="how often everything is listed anew, should a watch have missed something"
    )
    discovery_interval: PositiveDuration = Field(
        timedelta(seconds=15),
        description="how often the API server is asked which kinds it knows, and for missing rights",
    )
    secrets_interval: PositiveDuration = Field(
        timedelta(seconds=15), description="how often each Secret that streams refer to is looked at, its metadata only"
    )
    scanning: bool = Field(
        True,
        description="watch CRDs and namespaces; without it, or without the right to, the operator restarts when a kind"
        " appears",
    )
    request_timeout: PositiveDuration = Field(timedelta(seconds=30), description="longest wait for the API server")

    readings: Literal["pod", "proxy", "off"] = Field(
        "pod", description="how the parts' metrics are read: at the pod's address, through the API server, or not"
    )
    readings_interval: PositiveDuration = Field(timedelta(minutes=1), description="how often they are read")
    stale_driver_grace: PositiveDuration = Field(
        timedelta(seconds=60), description="how long a driver may run a former specification until it is replaced"
    )
    not_watched_after: PositiveDuration = Field(
        timedelta(seconds=20), description="time after which nobody seems to look at a SparkApplication or KafkaTopic"
    )
    purge_deadline: Duration = Field(
        timedelta(minutes=10), ge=timedelta(0), description="how long a deletion waits for a purge that cannot run"
    )

    port: int = Field(8080, ge=0, le=65535, description="port of /metrics, /healthz and /readyz; 0 for a free one")
    stuck_after: PositiveDuration = Field(
        timedelta(minutes=3), description="time without any progress after which /healthz fails"
    )
    log_format: LogFormat = Field("json", description="json or text")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment. Raises SettingsError with one line per wrong variable."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError("\n".join(_line(problem) for problem in error.errors())) from None

    def defaults(self) -> Defaults:
        """What builders put where a specification leaves it open."""
        return Defaults(
            producer_image=self.producer_image,
            job_image=self.job_image,
            spark_version=self.spark_version,
            image_pull_secrets=self.image_pull_secrets,
        )

    def policy(self) -> Policy:
        """What decisions depend on."""
        return Policy(
            defaults=self.defaults(),
            stale_driver_grace=self.stale_driver_grace,
            not_watched_after=self.not_watched_after,
            not_taken_up_after=self.not_watched_after,
            purge_deadline=self.purge_deadline,
            readings_interval=None if self.readings == "off" else self.readings_interval,
        )


def _line(problem: Any) -> str:
    name = "_".join(str(part) for part in problem["loc"])
    field = OperatorSettings.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
    allowed = f" ({field.description})" if field is not None and field.description else ""
    return f"{ENV_PREFIX}{name.upper()} = {problem.get('input')!r}: {problem['msg']}{allowed}"
