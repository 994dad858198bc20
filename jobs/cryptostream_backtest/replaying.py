"""What a job would have published, had it looked once after every pane."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cryptostream_job.batch import advance_symbol, new_symbol
from cryptostream_job.detectors.base import Detector
from cryptostream_job.model import Alert, Geometry, Pane, Window


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a symbol: its clock (UTC microseconds), the windows that closed, and the alerts as published."""

    clock: int
    windows: tuple[Window, ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert over its whole life: when it was first told (UTC microseconds, the symbol's clock), and its last form.

    It may have been told while its window was open, and withdrawn later.
    """

    told: int
    alert: Alert


def looks(panes: Iterable[Pane], geometry: Geometry, detectors: Sequence[Detector]) -> Iterator[Look]:
    """Fold one symbol's panes, in order of start, through the job's own batch step: a batch a pane."""
    state = None
    for pane in panes:
        if state is None:
            state = new_symbol([pane], geometry, {})
        step = advance_symbol(state, [pane], geometry, detectors)
        state = step.state
        yield Look(state.clock, step.windows, tuple(alert for alert, _ in step.alerts))


def told_alerts(panes: Iterable[Pane], geometry: Geometry, detectors: Sequence[Detector]) -> list[ToldAlert]:
    """Every alert that one symbol's panes raise, in order of telling."""
    told: dict[str, ToldAlert] = {}
    for look in looks(panes, geometry, detectors):
        for alert in look.alerts:
            first = told.get(alert.id)
            told[alert.id] = ToldAlert(first.told if first else look.clock, alert)
    return list(told.values())
