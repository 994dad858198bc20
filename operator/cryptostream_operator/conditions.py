"""The conditions of a CryptoStream: their types, every reason with its meaning and remedy, and how they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from cryptostream_operator.api.status import Condition, ConditionStatus

READY: Final = "Ready"
RECONCILING: Final = "Reconciling"
STALLED: Final = "Stalled"
TOPIC_READY: Final = "TopicReady"
PRODUCER_AVAILABLE: Final = "ProducerAvailable"
JOB_RUNNING: Final = "JobRunning"
SINK_READY: Final = "SinkReady"
RECONCILIATION_PAUSED: Final = "ReconciliationPaused"
WARNING: Final = "Warning"

PARTS: tuple[str, ...] = (TOPIC_READY, PRODUCER_AVAILABLE, JOB_RUNNING, SINK_READY)
"""In the order in which the first trouble is the one to look at."""


class Explanation(NamedTuple):
    """What a reason means and what to do about it."""

    meaning: str
    remedy: str


_NOTHING = "nothing"
_BY_ITSELF = "nothing: it passes by itself"
_DESCRIBE = "`kubectl describe` the object that the message names"

# Troubles that any part with children of its own may have.
_CHILDREN: Mapping[str, Explanation] = {
    "KindMissing": Explanation(
        "the cluster does not know a kind of object that the stream needs",
        "install Strimzi or the Spark operator, as the message says; the stream goes on within 30 seconds",
    ),
    "NameTaken": Explanation(
        "an object of a child's name exists and belongs to somebody else; it is left alone",
        "rename or delete that object, or give the CryptoStream another name",
    ),
    "FieldConflict": Explanation(
        "another field manager applies a field that the operator sets; it is not fought",
        "take the field out of what that manager applies",
    ),
    "Rejected": Explanation("the API server refuses a child", "the message holds the API server's reason: mend it"),
    "Creating": Explanation("children are being made or brought up to date", _BY_ITSELF),
    "Leaving": Explanation("a former child of the same name is being deleted", "nothing, unless a finalizer holds it"),
}
# Troubles that any part with pods may have.
_PODS: Mapping[str, Explanation] = {
    "ImagePullFailed": Explanation(
        "the container image cannot be pulled", "correct the image or give the operator a pull secret"
    ),
    "Unschedulable": Explanation("no node takes the pod", "free or add resources, as the scheduler's message says"),
    "CrashLooping": Explanation(
        "the container ends again and again; the message holds its last log line", "mend what that line says"
    ),
    "ContainerConfigError": Explanation(
        "the container cannot be set up, mostly for want of a Secret or a key of it", "create what the message names"
    ),
    "PodsRefused": Explanation(
        "the API server admits no pod: a quota, a policy or an admission webhook", "mend what the message says"
    ),
    "NotReady": Explanation("the pod runs and says why it is not ready", "see what it says"),
}
_SECRET = Explanation("a Secret or a key of it does not exist", "create it; the message has the command")
_SUSPENDED = Explanation("spec.suspend is true", "set it to false to go on")

_TOPIC: Mapping[str, Explanation] = {
    "TopicsReady": Explanation("all topics, and users where Strimzi manages Kafka, are ready", _NOTHING),
    "NotTakenUp": Explanation(
        "no operator of Strimzi has looked at the topics or users",
        "check that spec.kafka.cluster names a Kafka in this namespace and that its entity operator runs",
    ),
    "TopicNotReady": Explanation("Strimzi could not make a topic or user", "mend what Strimzi's message says"),
    "MakingTopics": Explanation("the Job that makes the topics of an external Kafka runs", _BY_ITSELF),
    "SecretMissing": _SECRET,
    **_CHILDREN,
    **_PODS,
}
_PRODUCER: Mapping[str, Explanation] = {
    "ProducersAvailable": Explanation("every shard has a ready producer of the wanted specification", _NOTHING),
    "RollingOut": Explanation("every shard has a ready producer; some are being replaced", _BY_ITSELF),
    "Starting": Explanation("a shard has no ready producer yet", _BY_ITSELF),
    "Fenced": Explanation(
        "another producer has taken a partition over; this one stays down on purpose",
        "delete the pod that the message names, and find who else writes this stream",
    ),
    "SecretMissing": _SECRET,
    "Suspended": _SUSPENDED,
    **_CHILDREN,
    **_PODS,
}
_JOB: Mapping[str, Explanation] = {
    "Running": Explanation("the driver runs the wanted specification", _NOTHING),
    "Starting": Explanation("the Spark operator starts the job", _BY_ITSELF),
    "Replacing": Explanation("the driver of a former specification is being replaced", _BY_ITSELF),
    "StaleDriver": Explanation(
        "the Spark operator has missed a change and the driver runs a former specification; the application is made "
        "anew",
        "check that the Spark operator runs",
    ),
    "NotWatched": Explanation(
        "the Spark operator has not looked at the SparkApplication",
        "check that the Spark operator runs and that its spark.jobNamespaces has this namespace",
    ),
    "Failing": Explanation("the Spark application failed and is tried again", "mend what the message says"),
    "Stopping": Explanation("the job is stopped before what it computed is rebuilt", _BY_ITSELF),
    "Rebuilding": Explanation("`cryptostream rebuild` discards what was computed with former lengths", _BY_ITSELF),
    "SecretMissing": _SECRET,
    "Suspended": _SUSPENDED,
    **_CHILDREN,
    **_PODS,
}
_SINK: Mapping[str, Explanation] = {
    "Writing": Explanation("the job has written to the database lately", _NOTHING),
    "JobReady": Explanation("the job says that it is ready; its metrics are not read", _NOTHING),
    "SecretMissing": _SECRET,
    "DatabaseAway": Explanation(
        "the job waits for the database", "check the database, the URL in the Secret and network policies"
    ),
    "JobNotReady": Explanation("the job says why it does not write", "see what it says"),
    "WaitingForJob": Explanation(
        "the job does not run or is starting: the database has not been tried", "see JobRunning"
    ),
    "Unreadable": Explanation(
        "the job's pages cannot be read", "let the operator reach the driver's port 8090, or set its readings to off"
    ),
    "Suspended": _SUSPENDED,
}
_INVALID = Explanation(
    "this operator cannot read the specification", "update the operator, or correct the fields that the message names"
)
_SUMMARY: Mapping[str, Explanation] = {
    "Ready": Explanation("everything works", _NOTHING),
    "Pending": Explanation(
        "no operator has seen the stream",
        "check that the operator runs, watches the namespace and may list it: its log says so",
    ),
    "Progressing": Explanation("a change is being brought into effect", _BY_ITSELF),
    "Suspended": _SUSPENDED,
    "Upgrading": Explanation("what is stored is being rebuilt for new lengths", _BY_ITSELF),
    "InvalidSpec": _INVALID,
    "Deleting": Explanation("producers and job are being stopped before the stored rows are deleted", _BY_ITSELF),
    "Purging": Explanation("the stored rows are being deleted", _BY_ITSELF),
}

REASONS: Mapping[str, Mapping[str, Explanation]] = MappingProxyType(
    {
        READY: {**_PRODUCER, **_TOPIC, **_JOB, **_SINK, **_SUMMARY},
        RECONCILING: {
            "Progressing": _SUMMARY["Progressing"],
            "Upgrading": _SUMMARY["Upgrading"],
            "Deleting": _SUMMARY["Deleting"],
            "Settled": Explanation("there is nothing left to do", _NOTHING),
            "Paused": Explanation("the annotation cryptostream.io/paused is true", "remove it to go on"),
        },
        STALLED: {
            "NotStalled": Explanation("nothing stands in the operator's way", _NOTHING),
            "InvalidSpec": _INVALID,
            "NameTaken": _CHILDREN["NameTaken"],
            "FieldConflict": _CHILDREN["FieldConflict"],
            "Rejected": _CHILDREN["Rejected"],
        },
        TOPIC_READY: _TOPIC,
        PRODUCER_AVAILABLE: _PRODUCER,
        JOB_RUNNING: _JOB,
        SINK_READY: _SINK,
        RECONCILIATION_PAUSED: {
            "Paused": Explanation(
                "the annotation cryptostream.io/paused is true: nothing is changed", "remove the annotation to go on"
            )
        },
        WARNING: {
            "IdleShards": Explanation(
                "a producer has nothing to do, since no symbol's partition is its own", "lower spec.producer.shards"
            ),
            "OtherTopics": Explanation(
                "topics of a given Kafka exist already and have other replicas, or the login may not change their "
                "retention",
                "change them as the message says, or write into spec.topic what they have",
            ),
        },
    }
)
"""Condition type -> reason -> what it means and what to do. Ready gives the reason of the first part in trouble."""

IN_PROGRESS: frozenset[str] = frozenset(
    {
        "Creating", "Leaving", "MakingTopics", "RollingOut", "Starting", "Replacing", "Stopping", "Rebuilding",
        "WaitingForJob", "Unreadable", "Progressing", "Upgrading", "Pending", "Deleting", "Purging",
    }
)  # fmt: skip
"""Reasons that pass by themselves: no event tells of them."""
STALLING: frozenset[str] = frozenset({"InvalidSpec", "NameTaken", "FieldConflict", "Rejected"})
"""Reasons that last until somebody acts."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is true of a condition now; when it became so is not its matter."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""


_LONGEST_MESSAGE = 4096


def merge(
    former: Iterable[Condition], judged: Sequence[Judgement], generation: int, now: datetime
) -> tuple[Condition, ...]:
    """The conditions of the new status. A condition that is not judged any more goes; ``lastTransitionTime`` is kept
    unless the status flips."""
    known = {condition.type: condition for condition in former}
    return tuple(_condition(known.get(judgement.type), judgement, generation, now) for judgement in judged)


def timestamp(moment: datetime) -> str:
    """A moment, in UTC, as the API server writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _condition(former: Condition | None, judgement: Judgement, generation: int, now: datetime) -> Condition:
    kept = former is not None and former.status == judgement.status
    return Condition(
        type=judgement.type,
        status=judgement.status,
        reason=judgement.reason,
        message=judgement.message[:_LONGEST_MESSAGE],
        last_transition_time=former.last_transition_time if former is not None and kept else timestamp(now),
        observed_generation=generation,
    )
