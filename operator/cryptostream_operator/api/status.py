"""The status of a CryptoStream: what the operator has seen, and what it is doing."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Phase = Literal["Pending", "Provisioning", "Running", "Degraded", "Upgrading", "Suspended", "Failed", "Deleting"]
ConditionStatus = Literal["True", "False", "Unknown"]
UpgradeStep = Literal["StoppingJob", "Rebuilding", "StartingJob"]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, max_length=32)]
"""RFC 3339 in UTC: 2026-01-31T12:00:00Z."""
Hash = Annotated[str, Field(max_length=64)]
Age = Annotated[str, Field(max_length=16)]

PENDING_SINCE = "1970-01-01T00:00:00Z"


class Observed(BaseModel):
    """A part of the status. What an older or newer operator wrote there is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Condition(Observed):
    """One thing that is true, false or not known of the stream (KEP-1623)."""

    type: Annotated[str, Field(pattern="^[A-Z][A-Za-z0-9]*$", max_length=64)] = Field(
        description="what is judged, such as Ready or TopicReady"
    )
    status: ConditionStatus = Field(description="whether it holds")
    reason: Annotated[str, Field(pattern="^[A-Z][A-Za-z0-9]*$", max_length=64)] = Field(
        description="why, in one CamelCase word"
    )
    message: Annotated[str, Field(max_length=4096)] = Field(default="", description="why, and what to do about it")
    last_transition_time: Time = Field(description="when the condition's status last changed")
    observed_generation: int | None = Field(
        default=None, ge=0, description="generation of the specification that was judged"
    )


class ProducerStatus(Observed):
    """The producers."""

    shards: int = Field(default=0, ge=0, description="producers that exist")
    ready: int = Field(default=0, ge=0, description="producers that are ready")
    selector: Annotated[str, Field(max_length=1024)] = Field(
        default="", description="label selector of their pods, for the scale subresource"
    )


class FeedStatus(Observed):
    """What the producers report."""

    trades_per_second: float | None = Field(default=None, ge=0, description="trades a second, rounded")
    last_trade_age: Age | None = Field(default=None, description="age of the oldest last trade, rounded: 2s, 5m")
    gaps: int | None = Field(default=None, ge=0, description="gaps that could not be healed")


class JobStatus(Observed):
    """What the Spark application and the job report."""

    state: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="state of the Spark application, such as RUNNING or FAILED"
    )
    last_batch_age: Age | None = Field(default=None, description="age of the last batch, rounded: 1s, 5m")
    open_alerts: int | None = Field(default=None, ge=0, description="alerts whose episode lasts")


class UpgradeStatus(Observed):
    """A change that needs the stored rows rebuilt; written before each step, so that any operator can go on."""

    step: UpgradeStep = Field(description="what is being done")
    target_hash: Hash = Field(description="the checkpointHash that is being built")
    since: Time = Field(description="when the step began")


class CryptoStreamStatus(Observed):
    """What the operator has seen of the stream; written by the operator only."""

    observed_generation: int | None = Field(
        default=None, ge=0, description="generation of the specification that the operator last acted on"
    )
    phase: Phase | None = Field(default=None, description="the stream's state in one word")
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16)] = Field(
        default=(), description="what is true, false or not known of the stream; Ready sums it up"
    )
    wanted_hash: Hash | None = Field(default=None, description="hash of what the job should run")
    running_hash: Hash | None = Field(default=None, description="hash of what the driver runs")
    checkpoint_hash: Hash | None = Field(
        default=None, description="hash of the lengths that checkpoint and stored rows were built with"
    )
    symbols: int | None = Field(default=None, ge=0, description="number of symbols")
    producer: ProducerStatus | None = Field(default=None, description="the producers")
    feed: FeedStatus | None = Field(default=None, description="what the producers report, at most once a minute")
    job: JobStatus | None = Field(default=None, description="what the job reports, at most once a minute")
    upgrade: UpgradeStatus | None = Field(default=None, description="the rebuild that is under way")


PENDING = CryptoStreamStatus(
    conditions=(
        Condition(
            type="Ready",
            status="Unknown",
            reason="Pending",
            message="Waiting for the operator; if this lasts, check that it runs and watches this namespace.",
            last_transition_time=PENDING_SINCE,
        ),
    )
)
"""The status before any operator has seen the stream: without it, tools that wait would take the stream for ready."""
