"""Carries a plan out: finalizer, status, applies, deletes, release, events, in this order.

The status comes before what it tells of, so that whoever goes on after a crash knows what was meant. Every write names
what it expects to find; when that is not there any more, the rest is left to the next look at the stream.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptostream_model.logs import get_logger
from cryptostream_operator.api.hashing import hash_of
from cryptostream_operator.api.names import API_VERSION, KIND
from cryptostream_operator.apply.client import Client
from cryptostream_operator.apply.conflicts import describe, is_drift, read_conflicts
from cryptostream_operator.apply.errors import RequestError
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.events import Event
from cryptostream_operator.kinds import CRYPTO_STREAM, EVENT, Manifest, Ref
from cryptostream_operator.labels import APPLIED, OPERATOR, PURGE_FINALIZER, STREAM
from cryptostream_operator.plan.inputs import Apply, Plan, Refusal
from cryptostream_operator.plan.ownership import belonging, owner_of

_LOG = get_logger(__name__)
# That it exists is all that is known of an object that must not exist yet: no object is of this version.
_ABSENT = "1"

Tell = Callable[[Manifest], object]
"""Is told of an object."""


class Stopped(Exception):  # noqa: N818 - a request to stop is no error
    """The operator ends: what is left of the plan is left."""


@dataclass(slots=True)
class Outcome:
    """What became of a plan."""

    writes: int = 0
    outdated: bool = False
    """Whether something was not as the plan expected it: look again."""
    refusals: dict[Ref, Refusal] = field(default_factory=dict)
    applied: list[Ref] = field(default_factory=list)


class Executor:
    """Carries plans out. Safe to use from several threads, for different streams."""

    def __init__(self, client: Client, remember: Tell, forget: Tell, stopping: threading.Event, instance: str) -> None:
        """``remember`` is told of every object that an answer brings, ``forget`` of a stream that has gone."""
        self._client = client
        self._remember = remember
        self._forget = forget
        self._stopping = stopping
        self._instance = instance

    def execute(self, resource: Manifest, stream: Stream | None, plan: Plan, now: datetime) -> Outcome:
        """Do what the plan says. Raises RequestError when the API server does not, Stopped when the operator ends."""
        outcome = Outcome()
        if plan.hold and not self._finalizer(resource, hold=True, outcome=outcome):
            return outcome
        if plan.status is not None and not plan.hold and not self._status(resource, plan, outcome):
            return outcome
        if plan.hold:
            # The resource has another version now: its status is for the next look, before anything is made.
            return outcome
        for apply in plan.applies:
            self._check()
            if stream is not None:
                self._apply(stream, apply, outcome)
        for delete in plan.deletes:
            self._check()
            _LOG.info("delete", object=str(delete.ref))
            self._client.delete(delete.ref, delete.uid, delete.foreground)
            outcome.writes += 1
        if plan.release:
            self._finalizer(resource, hold=False, outcome=outcome)
        for event in plan.events:
            self._check()
            self._tell(resource, event, now)
        return outcome

    def _check(self) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _status(self, resource: Manifest, plan: Plan, outcome: Outcome) -> bool:
        assert plan.status is not None  # noqa: S101
        body = {
            **_identity(resource, resource["metadata"]["resourceVersion"]),
            "status": plan.status.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        try:
            self._remember(self._client.apply_status(body))
        except RequestError as error:
            if error.code not in (404, 409):
                raise
            if error.code == 404:
                self._forget(resource)
            outcome.outdated = True
            return False
        _LOG.info("status", phase=plan.phase)
        outcome.writes += 1
        return True

    def _finalizer(self, resource: Manifest, hold: bool, outcome: Outcome) -> bool:
        body = _identity(resource, None)
        body["metadata"]["finalizers"] = [PURGE_FINALIZER] if hold else []
        try:
            answer = self._client.apply(body, CRYPTO_STREAM, force=True)
        except RequestError as error:
            # Forced, it conflicts only with another stream of its name.
            if error.code not in (404, 409):
                raise
            self._forget(resource)
            outcome.outdated = True
            return False
        if _is_gone(answer):
            # A look that knew of it still would purge once more: rows of a stream that may be made anew by then.
            self._forget(answer)
        else:
            self._remember(answer)
        outcome.writes += 1
        return True

    def _apply(self, stream: Stream, apply: Apply, outcome: Outcome) -> None:
        precondition = {"resourceVersion": _ABSENT} if apply.uid is None else {"uid": apply.uid}
        body = {**apply.manifest, "metadata": {**apply.manifest["metadata"], **precondition}}
        try:
            self._remember(self._client.apply(body, apply.ref.kind))
        except RequestError as error:
            self._failed(stream, apply, body, error, outcome)
        else:
            outcome.writes += 1
            outcome.applied.append(apply.ref)
            _LOG.info("apply", object=str(apply.ref), made=apply.uid is None)

    def _failed(self, stream: Stream, apply: Apply, body: Manifest, error: RequestError, outcome: Outcome) -> None:
        # Of an object that was thought absent it must be known first whose it is.
        conflicts = read_conflicts(error.causes) if error.code == 409 and apply.uid is not None else []
        if conflicts and is_drift(conflicts):
            self._remember(self._client.apply(body, apply.ref.kind, force=True))
            outcome.writes += 1
            outcome.applied.append(apply.ref)
            _LOG.info("apply", object=str(apply.ref), taken_back_from=sorted({held.manager for held in conflicts}))
        elif conflicts:
            message = (
                f"{apply.ref}: {describe(conflicts)}, which the operator sets too: take the field out of what is "
                "applied there"
            )
            self._refuse(apply, Refusal("FieldConflict", message), outcome)
        elif error.code == 409:
            self._found_another(stream, apply, outcome)
        elif error.code == 404:
            # The kind or the namespace is gone.
            outcome.outdated = True
        elif error.is_refusal:
            self._refuse(apply, Refusal("Rejected", f"{apply.ref} is refused: {error.message}"), outcome)
        else:
            raise error

    def _found_another(self, stream: Stream, apply: Apply, outcome: Outcome) -> None:
        """The object exists although it was not known, or is another one by now."""
        live = self._client.get(apply.ref)
        if live is None or belonging(live, stream) != "foreign":
            outcome.outdated = True
            if live is not None:
                self._remember(_found(live, stream.name))
            return
        message = (
            f"{apply.ref} exists and belongs to {owner_of(live)}; it is left alone: rename or delete it, "
            "or give the CryptoStream another name"
        )
        self._refuse(apply, Refusal("NameTaken", message), outcome)

    def _refuse(self, apply: Apply, refusal: Refusal, outcome: Outcome) -> None:
        _LOG.warning(refusal.message, reason=refusal.reason)
        outcome.refusals[apply.ref] = refusal

    def _tell(self, resource: Manifest, event: Event, now: datetime) -> None:
        """Events are a courtesy: the stream does not wait for them."""
        try:
            self._client.create(event_manifest(resource, event, self._instance, now), EVENT)
        except RequestError as error:
            _LOG.warning("an event was not taken", reason=event.reason, error=error.message)


def event_manifest(resource: Manifest, event: Event, instance: str, now: datetime) -> Manifest:
    """The Event object. What is the same event has the same name, and is told once."""
    metadata = resource["metadata"]
    digest = hash_of([metadata["uid"], event.type, event.reason, event.since])
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {"name": f"{metadata['name']}.{digest}", "namespace": metadata["namespace"]},
        "eventTime": f"{now.isoformat(timespec='microseconds').replace('+00:00', '')}Z",
        "reportingController": f"cryptostream.io/{OPERATOR}",
        "reportingInstance": instance,
        "action": "Reconcile",
        "reason": event.reason,
        "note": event.message,
        "type": event.type,
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
    }


def _identity(resource: Manifest, version: str | None) -> dict[str, Any]:
    metadata = resource["metadata"]
    found = {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}
    if version is not None:
        found["resourceVersion"] = version
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": found}


def _is_gone(answer: Manifest) -> bool:
    metadata = answer["metadata"]
    return bool(metadata.get("deletionTimestamp")) and not metadata.get("finalizers")


def _found(live: Manifest, stream: str) -> Manifest:
    """A child of ours that the watch does not show, since it has lost our labels: as one that is to be applied."""
    metadata = live["metadata"]
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != APPLIED}
    labels = {**(metadata.get("labels") or {}), STREAM: stream}
    return {**live, "metadata": {**metadata, "annotations": annotations, "labels": labels}}
