"""What a plan is made from, and what it consists of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from cryptostream_operator.api.status import CryptoStreamStatus
from cryptostream_operator.builders.inputs import Defaults
from cryptostream_operator.events import Event
from cryptostream_operator.kinds import Kind, Manifest, Ref
from cryptostream_operator.labels import COMPONENT


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator's settings decide."""

    defaults: Defaults
    stale_driver_grace: timedelta = timedelta(seconds=60)
    not_watched_after: timedelta = timedelta(seconds=20)
    not_taken_up_after: timedelta = timedelta(seconds=20)
    purge_deadline: timedelta = timedelta(minutes=10)
    readings_interval: timedelta | None = timedelta(seconds=60)
    """How often the parts' metrics are read; None when they are not."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a child could not be applied."""

    reason: Literal["NameTaken", "FieldConflict", "Rejected"]
    message: str
    is_due: bool = False
    """Whether it is to be tried again."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What the parts say of themselves. None where nothing could be read."""

    trades_per_second: float | None = None
    last_trade_age: timedelta | None = None
    gaps: int | None = None
    last_batch_age: timedelta | None = None
    open_alerts: int | None = None
    database_away: bool | None = None
    not_ready: Mapping[str, str] = field(default_factory=dict)
    """Pod -> what its /readyz says."""
    job_asked: bool = True
    """Whether the driver that runs now has been asked."""
    job_read: bool = False
    """Whether the driver answered."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The cluster as far as it concerns one stream."""

    served: frozenset[Kind]
    """The kinds that the API server knows."""
    objects: Mapping[Ref, Manifest] = field(default_factory=dict)
    """The objects with the stream's label."""
    secrets: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """Secret -> its keys, None when it does not exist. Secrets that were not looked up are missing here."""
    refusals: Mapping[Ref, Refusal] = field(default_factory=dict)
    readings: Readings = field(default_factory=Readings)
    namespace_labels: Mapping[str, str] | None = None
    """The labels of the stream's namespace; only looked up until the Spark operator has seen the application."""
    application_seen_since: datetime | None = None
    """Since when the SparkApplication has asked for the specification that it asks for now."""

    def of(self, kind: Kind, component: str | None = None) -> Iterator[tuple[Ref, Manifest]]:
        """The objects of a kind, of one component where it is given."""
        for ref, manifest in self.objects.items():
            if ref.kind == kind and component in (None, manifest["metadata"].get("labels", {}).get(COMPONENT)):
                yield ref, manifest


@dataclass(frozen=True, slots=True)
class Apply:
    """Bring a child to its manifest. ``uid`` is that of the object to change, None to make a new one."""

    ref: Ref
    manifest: Manifest
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the object with this uid."""

    ref: Ref
    uid: str
    foreground: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order: finalizer, status, applies, deletes, release, events."""

    status: CryptoStreamStatus | None
    """The status to write; None where it need not be written."""
    applies: tuple[Apply, ...] = ()
    deletes: tuple[Delete, ...] = ()
    hold: bool = False
    """Whether our finalizer is to be set."""
    release: bool = False
    """Whether our finalizer is to be taken off, after the deletes."""
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None
    phase: str = "Pending"

    @property
    def actions(self) -> int:
        """How many writes it takes."""
        writes = [self.status is not None, self.hold, self.release]
        return sum(writes) + len(self.applies) + len(self.deletes) + len(self.events)


def age(manifest: Mapping[str, Any], now: datetime) -> timedelta:
    """How long an object has existed."""
    return now - moment(manifest["metadata"]["creationTimestamp"])


def moment(text: str) -> datetime:
    """A time as the API server writes it."""
    return datetime.fromisoformat(text)
