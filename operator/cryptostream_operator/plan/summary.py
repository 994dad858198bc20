"""Ready, Reconciling, Stalled and the phase, from what is true of the parts."""

from collections.abc import Sequence

from cryptostream_operator.api.status import Phase
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.conditions import (
    IN_PROGRESS,
    READY,
    RECONCILIATION_PAUSED,
    RECONCILING,
    STALLED,
    STALLING,
    Judgement,
)
from cryptostream_operator.plan.upgrade import Upgrade


def summarise(
    stream: Stream, parts: Sequence[Judgement], upgrade: Upgrade, is_new: bool, is_paused: bool
) -> list[Judgement]:
    """All conditions. ``is_new`` says that the specification has not been acted on before."""
    stalled = next((part for part in parts if part.reason in STALLING), None)
    judged = [
        _ready(stream, parts, upgrade, is_new, is_paused),
        _reconciling(stream, parts, upgrade, is_new, is_paused),
        Judgement(STALLED, "False", "NotStalled")
        if stalled is None
        else Judgement(STALLED, "True", stalled.reason, stalled.message),
        *parts,
    ]
    if is_paused:
        judged.append(paused())
    return judged


def phase_of(stream: Stream, judged: Sequence[Judgement], upgrade: Upgrade, former: Phase | None) -> Phase:
    """The state in one word; ``former`` tells one that fell from one that never stood."""
    by_type = {judgement.type: judgement for judgement in judged}
    if by_type[STALLED].status == "True":
        return "Failed"
    if upgrade.status is not None:
        return "Upgrading"
    if stream.spec.suspend:
        return "Suspended"
    if by_type[READY].status == "True":
        return "Running"
    if RECONCILIATION_PAUSED in by_type:
        return former or "Pending"
    return "Degraded" if former in ("Running", "Degraded") and not _rolls(by_type[READY]) else "Provisioning"


def paused() -> Judgement:
    """The condition of a stream that is left alone."""
    message = "the annotation cryptostream.io/paused is true: nothing is changed until it is removed"
    return Judgement(RECONCILIATION_PAUSED, "True", "Paused", message)


def _ready(stream: Stream, parts: Sequence[Judgement], upgrade: Upgrade, is_new: bool, is_paused: bool) -> Judgement:
    trouble = next((part for part in parts if part.status == "False" and part.reason not in IN_PROGRESS), None)
    if trouble is not None and trouble.reason != "Suspended":
        return Judgement(READY, "False", trouble.reason, trouble.message)
    if upgrade.status is not None:
        message = f"rebuilding what is stored for new lengths: {upgrade.status.step}"
        return Judgement(READY, "False", "Upgrading", message)
    if stream.spec.suspend:
        return Judgement(READY, "False", "Suspended", "spec.suspend is true: nothing runs, everything is kept")
    waiting = next((part for part in parts if part.status != "True" or part.reason == "RollingOut"), None)
    if waiting is not None:
        return Judgement(READY, "Unknown" if waiting.status == "Unknown" else "False", waiting.reason, waiting.message)
    if is_new and not is_paused:
        return Judgement(READY, "False", "Progressing", "a change is being brought into effect")
    return Judgement(READY, "True", "Ready", f"{len(stream.spec.symbols)} symbols of {stream.spec.exchange}")


def _reconciling(
    stream: Stream, parts: Sequence[Judgement], upgrade: Upgrade, is_new: bool, is_paused: bool
) -> Judgement:
    if is_paused:
        return Judgement(RECONCILING, "False", "Paused", "the annotation cryptostream.io/paused is true")
    if upgrade.status is not None:
        return Judgement(RECONCILING, "True", "Upgrading", f"step {upgrade.status.step}")
    # A sink that waits for its job, or whose job cannot be asked, is not being worked on.
    busy = next((part for part in parts if part.reason in IN_PROGRESS - {"WaitingForJob", "Unreadable"}), None)
    if busy is not None:
        return Judgement(RECONCILING, "True", "Progressing", busy.message)
    if is_new:
        return Judgement(RECONCILING, "True", "Progressing", f"bringing {stream.name} to its specification")
    return Judgement(RECONCILING, "False", "Settled")


def _rolls(ready: Judgement) -> bool:
    return ready.reason in ("Progressing", "RollingOut", "Replacing")
