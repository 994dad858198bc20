"""The plan of one stream: the one place where everything that is decided comes together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cryptostream_operator.api.parse import InvalidSpecError, parse_spec, parse_status
from cryptostream_operator.api.status import CryptoStreamStatus, FeedStatus, JobStatus
from cryptostream_operator.builders.inputs import Stream, job_spec_hash
from cryptostream_operator.conditions import (
    IN_PROGRESS,
    READY,
    RECONCILING,
    STALLED,
    Judgement,
    merge,
)
from cryptostream_operator.events import transitions
from cryptostream_operator.kinds import Manifest
from cryptostream_operator.labels import PAUSED, PURGE_FINALIZER
from cryptostream_operator.plan.actions import needed_applies, needed_deletes
from cryptostream_operator.plan.children import Child, wanted_children
from cryptostream_operator.plan.deletion import Deletion, plan_deletion
from cryptostream_operator.plan.executors import abandoned_executors
from cryptostream_operator.plan.inputs import Delete, Observed, Plan, Policy, moment
from cryptostream_operator.plan.job import application_state, judge_job, running_hash, stale_driver
from cryptostream_operator.plan.producers import judge_producers, producer_status, warn_of_idle_shards
from cryptostream_operator.plan.rounding import rounded_age, rounded_rate
from cryptostream_operator.plan.sink import judge_sink
from cryptostream_operator.plan.summary import phase_of, summarise
from cryptostream_operator.plan.topics import judge_topics, warn_of_other_topics
from cryptostream_operator.plan.upgrade import Upgrade, advance

# Troubles of which no watched object tells the end, and grace times, are looked at again after this time.
_LOOK_AGAIN = timedelta(seconds=10)


def stream_of(resource: Manifest) -> Stream:
    """The stream of a resource. Raises InvalidSpecError."""
    metadata = resource["metadata"]
    return Stream(metadata["namespace"], metadata["name"], metadata["uid"], parse_spec(resource))


def decide(resource: Manifest, observed: Observed, policy: Policy, now: datetime) -> Plan:
    """What is to be done for a stream, and what is to be said of it."""
    metadata = resource["metadata"]
    former = parse_status(resource)
    held = PURGE_FINALIZER in (metadata.get("finalizers") or ())
    deleted = metadata.get("deletionTimestamp")
    if deleted and not held:
        return Plan(None, phase="Deleting")
    try:
        stream = stream_of(resource)
    except InvalidSpecError as error:
        # A stream that cannot be read cannot be purged either: what is stored is kept.
        return Plan(None, release=True, phase="Deleting") if deleted else _invalid(metadata, former, error, now)
    if deleted:
        deletion = Deletion(stream, metadata["generation"], moment(deleted), former)
        return plan_deletion(deletion, observed, policy, now)
    return _live(resource, stream, former, observed, policy, now)


def _live(
    resource: Manifest, stream: Stream, former: CryptoStreamStatus, observed: Observed, policy: Policy, now: datetime
) -> Plan:
    metadata = resource["metadata"]
    is_paused = (metadata.get("annotations") or {}).get(PAUSED) == "true"
    current = Upgrade(former.upgrade, former.checkpoint_hash)
    upgrade = current if is_paused else advance(stream, former, observed, now)
    children = wanted_children(stream, policy.defaults, upgrade, observed)
    applies = () if is_paused else tuple(needed_applies(children, stream, observed))
    deletes = () if is_paused else _deletes(children, stream, observed, policy, now)

    changed = former.observed_generation != metadata["generation"]
    is_new = changed and bool(applies or deletes)
    parts = _judge(stream, children, observed, upgrade, policy, now)
    judged = summarise(stream, parts, upgrade, is_new, is_paused)
    judged.extend(_warnings(stream, children, observed))
    seen = former.observed_generation if is_paused else metadata["generation"]
    status = CryptoStreamStatus(
        observed_generation=seen,
        phase=phase_of(stream, judged, upgrade, former.phase),
        conditions=merge(former.conditions, judged, metadata["generation"], now),
        wanted_hash=job_spec_hash(stream, policy.defaults),
        running_hash=running_hash(observed),
        checkpoint_hash=upgrade.checkpoint_hash,
        symbols=len(stream.spec.symbols),
        producer=producer_status(stream, observed),
        feed=_feed(observed),
        job=_job(observed),
        upgrade=upgrade.status,
    )
    wants_hold = stream.spec.deletion_policy == "Delete"
    held = PURGE_FINALIZER in (metadata.get("finalizers") or ())
    return Plan(
        status=status if status != former else None,
        applies=applies,
        deletes=deletes,
        hold=wants_hold and not held and not is_paused,
        release=held and not wants_hold and not is_paused,
        events=tuple(transitions(former.conditions, status.conditions)),
        requeue_after=_requeue_after(judged, policy),
        phase=status.phase or "Pending",
    )


def _judge(
    stream: Stream,
    children: Sequence[Child],
    observed: Observed,
    upgrade: Upgrade,
    policy: Policy,
    now: datetime,
) -> list[Judgement]:
    job = judge_job(stream, children, observed, upgrade, policy, now)
    return [
        judge_topics(stream, children, observed, policy, now),
        judge_producers(stream, children, observed),
        job,
        judge_sink(stream, job, observed, policy),
    ]


def _warnings(stream: Stream, children: Sequence[Child], observed: Observed) -> list[Judgement]:
    """One condition for all: the first one's reason, and what each says."""
    found = (warn_of_idle_shards(stream), warn_of_other_topics(stream, children, observed))
    warnings = [warning for warning in found if warning is not None]
    message = "; ".join(warning.message for warning in warnings)
    return [replace(warning, message=message) for warning in warnings[:1]]


def _deletes(
    children: Sequence[Child], stream: Stream, observed: Observed, policy: Policy, now: datetime
) -> tuple[Delete, ...]:
    stale = stale_driver(stream, observed, policy, now)
    found = list(needed_deletes(children, stream, observed))
    if stale is not None and stale.ref not in {delete.ref for delete in found}:
        found.append(stale)
    return (*found, *abandoned_executors(observed))


def _requeue_after(judged: Sequence[Judgement], policy: Policy) -> timedelta | None:
    ready = next(judgement for judgement in judged if judgement.type == READY)
    if ready.reason == "Suspended":
        return None
    waits = any(
        judgement.status != "True" or judgement.reason in IN_PROGRESS
        for judgement in judged
        if judgement.type not in (RECONCILING, STALLED)
    )
    return _LOOK_AGAIN if waits else policy.readings_interval


def _feed(observed: Observed) -> FeedStatus | None:
    readings = observed.readings
    found = FeedStatus(
        trades_per_second=rounded_rate(readings.trades_per_second),
        last_trade_age=rounded_age(readings.last_trade_age),
        gaps=readings.gaps,
    )
    return None if found == FeedStatus() else found


def _job(observed: Observed) -> JobStatus | None:
    found = JobStatus(
        state=application_state(observed),
        last_batch_age=rounded_age(observed.readings.last_batch_age),
        open_alerts=observed.readings.open_alerts,
    )
    return None if found == JobStatus() else found


def _invalid(metadata: Manifest, former: CryptoStreamStatus, error: Exception, now: datetime) -> Plan:
    message = f"this operator cannot read the specification: {error}"
    judged = [
        Judgement(READY, "False", "InvalidSpec", message),
        Judgement(RECONCILING, "False", "Settled"),
        Judgement(STALLED, "True", "InvalidSpec", message),
    ]
    kept = [condition for condition in former.conditions if condition.type not in {item.type for item in judged}]
    conditions = (*merge(former.conditions, judged, metadata["generation"], now), *kept)
    status = former.model_copy(
        update={"observed_generation": metadata["generation"], "phase": "Failed", "conditions": conditions}
    )
    return Plan(
        status=status if status != former else None,
        events=tuple(transitions(former.conditions, conditions)),
        phase="Failed",
    )
