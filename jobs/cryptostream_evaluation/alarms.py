"""What a rule says about a tape, and whether it is right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from cryptostream_evaluation.plan import GRACE, LIVE_START, TapePlan
from cryptostream_simulator.events import SECOND, EventType, MarketEvent


@dataclass(frozen=True, slots=True)
class Alarm:
    """A detector's alarm, at the time when it was first told (UTC microseconds), whether or not it was withdrawn.

    ``strength``: its peak score over its threshold; infinite for a rule that has no score.
    """

    detector: str
    told: int
    withdrawn: bool = False
    strength: float = inf


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """A labelled event, and each detector's first alarm on it, in seconds after its onset."""

    type: EventType
    size: float
    delays: dict[str, float] = field(default_factory=dict)

    @property
    def delay(self) -> float | None:
        """The first alarm of any detector; None when it was missed."""
        return min(self.delays.values(), default=None)


@dataclass(frozen=True, slots=True)
class TapeOutcome:
    """One rule on one tape. ``false``: detector and time of each alarm that no event explains."""

    plan: TapePlan
    rule: str
    events: tuple[FoundEvent, ...]
    alarms: tuple[Alarm, ...]
    false: tuple[Alarm, ...]

    @property
    def days(self) -> float:
        return self.plan.seconds / 86_400


def judge_alarms(plan: TapePlan, rule: str, alarms: Iterable[Alarm]) -> TapeOutcome:
    """Match alarms with events.

    An alarm belongs to an event when it is told from the event's onset until GRACE seconds after its end; further
    ones of the same event are neither hits nor false. Alarms told in the warm-up do not count.
    """
    counted = tuple(alarm for alarm in alarms if alarm.told >= LIVE_START)
    events = plan.events
    found = []
    for event in events:
        delays: dict[str, float] = {}
        for alarm in counted:
            if _belongs(alarm, event):
                delay = (alarm.told - LIVE_START) / SECOND - event.start
                delays[alarm.detector] = min(delay, delays.get(alarm.detector, delay))
        found.append(FoundEvent(event.type, event.size, delays))
    false = tuple(alarm for alarm in counted if not any(_belongs(alarm, event) for event in events))
    return TapeOutcome(plan, rule, tuple(found), counted, false)


def spaced(times: Sequence[int], pause: int) -> list[int]:
    """Times (ascending) of which none follows the one before it within ``pause``, of all those given: one an event."""
    return [time for number, time in enumerate(times) if not number or time - times[number - 1] > pause]


def _belongs(alarm: Alarm, event: MarketEvent) -> bool:
    onset = LIVE_START + event.start * SECOND
    return onset <= alarm.told <= onset + (event.seconds + GRACE) * SECOND
