"""Outcomes added up to the figures that are published."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from cryptostream_evaluation.alarms import FoundEvent, TapeOutcome, judge_alarms
from cryptostream_evaluation.sizes import SIZES
from cryptostream_evaluation.statistics import Figure, bootstrap, share
from cryptostream_evaluation.tape import background_at
from cryptostream_simulator.events import EventType

Select = Callable[[str], bool]
"""Which detectors' alarms count."""


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """One rule, or one detector of ours. Delays in seconds after the onset, false alarms a day on quiet tape."""

    name: str
    events: int
    recall: Figure
    precision: Figure
    f1: Figure
    false_alarms: Figure
    delay: Figure
    late_delay: float
    """The 95th percentile."""


@dataclass(frozen=True, slots=True)
class TypeSummary:
    """How one detector, or all of them, do on one type of event."""

    detector: str
    type: EventType
    events: int
    recall: Figure
    by_quarter: tuple[Figure, ...]
    delay: Figure


def everyone(_: str) -> bool:
    """All detectors."""
    return True


def summarize(name: str, outcomes: Sequence[TapeOutcome], select: Select = everyone) -> RuleSummary:
    """A rule's figures; of the detectors selected by name only."""
    quiet = [outcome for outcome in outcomes if outcome.plan.kind == "quiet"]
    eventful = [outcome for outcome in outcomes if outcome.plan.kind == "events"]
    found = [event for outcome in eventful for event in outcome.events]
    hits = sum(_delay(event, select) is not None for event in found)
    alarms = sum(select(alarm.detector) for outcome in eventful for alarm in outcome.alarms)
    false = sum(select(alarm.detector) for outcome in eventful for alarm in outcome.false)
    delays = delays_of(found, select)
    return RuleSummary(
        name=name,
        events=len(found),
        recall=share(hits, len(found)),
        precision=share(alarms - false, alarms),
        f1=bootstrap(eventful, lambda tapes: _f1(tapes, select)),
        false_alarms=bootstrap(quiet, lambda tapes: _false_alarms(tapes, select)),
        delay=bootstrap(eventful, lambda tapes: _median_delay(tapes, select)),
        late_delay=float(np.percentile(delays, 95)) if delays else float("nan"),
    )


def summarize_type(detector: str, kind: EventType, outcomes: Sequence[TapeOutcome], select: Select) -> TypeSummary:
    """Recall by size, and delay, of the selected detectors on one type of event."""
    eventful = [outcome for outcome in outcomes if outcome.plan.kind == "events"]
    found = [event for outcome in eventful for event in outcome.events if event.type == kind]
    quarters: list[Figure] = []
    for number in range(4):
        inside = [event for event in found if SIZES[kind].quarter(event.size) == number]
        quarters.append(recall_of(inside, select))
    return TypeSummary(
        detector,
        kind,
        len(found),
        recall_of(found, select),
        tuple(quarters),
        bootstrap(eventful, lambda tapes: _median_delay(tapes, select, kind)),
    )


def recall_of(events: Sequence[FoundEvent], select: Select = everyone) -> Figure:
    """The share of events that were found."""
    return share(sum(_delay(event, select) is not None for event in events), len(events))


def upper_half(outcomes: Iterable[TapeOutcome]) -> list[FoundEvent]:
    """The events whose size lies in the upper half of its range."""
    return [event for outcome in outcomes for event in outcome.events if SIZES[event.type].quarter(event.size) >= 2]


def delays_of(events: Iterable[FoundEvent], select: Select = everyone) -> list[float]:
    """Seconds from onset to the first alarm, of the events that were found."""
    return [delay for event in events if (delay := _delay(event, select)) is not None]


def with_thresholds(outcomes: Iterable[TapeOutcome], factor: float) -> list[TapeOutcome]:
    """What thresholds higher by a factor of at least 1 would have left: the alarms whose peak reaches them.

    They would have been told a little later, which is not taken into account.
    """
    return [
        judge_alarms(outcome.plan, outcome.rule, (alarm for alarm in outcome.alarms if alarm.strength >= factor))
        for outcome in outcomes
    ]


def causes(outcomes: Iterable[TapeOutcome]) -> Counter[tuple[str, str]]:
    """False alarms on quiet tape by detector and by what the background was doing."""
    return Counter(
        (alarm.detector, background_at(outcome.plan, alarm.told))
        for outcome in outcomes
        if outcome.plan.kind == "quiet"
        for alarm in outcome.false
    )


def _delay(event: FoundEvent, select: Select) -> float | None:
    return min((delay for detector, delay in event.delays.items() if select(detector)), default=None)


def _f1(tapes: Sequence[TapeOutcome], select: Select) -> float:
    found = [_delay(event, select) is not None for tape in tapes for event in tape.events]
    alarms = sum(select(alarm.detector) for tape in tapes for alarm in tape.alarms)
    false = sum(select(alarm.detector) for tape in tapes for alarm in tape.false)
    if not found or not alarms or not sum(found):
        return 0.0 if found else float("nan")
    recall, precision = sum(found) / len(found), (alarms - false) / alarms
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def _false_alarms(tapes: Sequence[TapeOutcome], select: Select) -> float:
    return sum(select(alarm.detector) for tape in tapes for alarm in tape.false) / sum(tape.days for tape in tapes)


def _median_delay(tapes: Sequence[TapeOutcome], select: Select, kind: EventType | None = None) -> float:
    events = (event for tape in tapes for event in tape.events if kind in (None, event.type))
    delays = delays_of(events, select)
    return median(delays) if delays else float("nan")
