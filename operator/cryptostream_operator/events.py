"""Events of Kubernetes: told once, when something changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cryptostream_operator.api.status import Condition
from cryptostream_operator.conditions import IN_PROGRESS, PARTS, READY, STALLED


@dataclass(frozen=True, slots=True)
class Event:
    """What is told; ``since`` is when it became so, by which two that tell the same agree on one event."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str
    since: str


_LONGEST_NOTE = 1024


def transitions(former: Iterable[Condition], new: Iterable[Condition]) -> Sequence[Event]:
    """The events of a change of conditions: Ready reached, or a trouble of a part that was not there before."""
    known = {condition.type: condition for condition in former}
    found = []
    for condition in new:
        before = known.get(condition.type)
        changed = before is None or (before.status, before.reason) != (condition.status, condition.reason)
        if changed and _is_told(condition, before):
            kind: Literal["Normal", "Warning"] = "Normal" if _is_good(condition) else "Warning"
            found.append(
                Event(kind, condition.reason, condition.message[:_LONGEST_NOTE], condition.last_transition_time)
            )
    return found


def _is_told(condition: Condition, before: Condition | None) -> bool:
    if condition.type == READY:
        # What the parts tell is not told again.
        return condition.status == "True" or (before is not None and condition.reason == "Suspended" != before.reason)
    if condition.type == STALLED:
        return condition.status == "True" and condition.reason == "InvalidSpec"
    told = condition.type in PARTS and condition.status == "False"
    return told and condition.reason not in IN_PROGRESS and condition.reason != "Suspended"


def _is_good(condition: Condition) -> bool:
    return condition.type == READY
