"""Detectors over one symbol's panes and windows, and what of their alerts is to be published."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from cryptostream_job.detectors.base import (
    Detector,
    DetectorState,
    Fold,
    Folded_contra,
    pane_detectors,
    window_detectors,
)
from cryptostream_job.detectors.failure import DetectorFailedError
from cryptostream_job.model import Alert, Pane, Window

AlertChange = tuple[Alert, int]
"""An alert as it is to be published, and its revision."""


def initial_states(detectors: Sequence[Detector]) -> dict[str, DetectorState]:
    """The state of each detector before any window, by the detector's name."""
    return {detector.name: detector.initial_state() for detector in detectors}


def fold_closed(
    detectors: Sequence[Detector],
    states: Mapping[str, DetectorState],
    panes: Sequence[Pane],
    windows: Sequence[Window],
) -> tuple[dict[str, DetectorState], list[Alert]]:
    """Fold what of one symbol has closed: panes, each of the grid and in order, and windows, in order of their end.

    Returns the next states and every alert that opens, moves or ends, in order for each detector, all ``confirmed``;
    the last one of an id is its state now. A detector without a state begins with its initial one; states of detectors
    that are not given are kept. Pure. Raises ValueError when panes or windows are of several symbols or out of order,
    and DetectorFailedError when a detector raises anything.
    """
    states, of_panes = _fold(pane_detectors(detectors), states, panes)
    states, of_windows = _fold(window_detectors(detectors), states, windows)
    return states, [*of_panes, *of_windows]


def provisional_alerts(
    detectors: Sequence[Detector],
    states: Mapping[str, DetectorState],
    panes: Sequence[Pane],
    windows: Sequence[Window],
) -> list[Alert]:
    """What open panes and windows, each in order from the next one to close, would raise as they are now.

    One that has ended but waits for late trades is folded into a copy of the state before the one after it is judged,
    so that an episode that began in it is not raised twice. Moves no state. Raises DetectorFailedError as
    ``fold_closed`` does.
    """
    return [
        *_looked_at(pane_detectors(detectors), states, panes),
        *_looked_at(window_detectors(detectors), states, windows),
    ]


def judge(
    known: Mapping[str, AlertChange],
    confirmed: Sequence[Alert],
    provisional: Sequence[Alert],
    closed_through: int,
) -> list[AlertChange]:
    """The alert revisions that a batch publishes for one symbol, at most one for each alert.

    ``known`` holds alerts by id as they were last published, with their revision: at least those that are open and
    those that have not ended. ``confirmed`` is what closed in the batch raised, ``provisional`` what is open would
    raise, ``closed_through`` the end of the last closed pane in UTC microseconds: a window closes with its last pane.

    - A confirmed alert is published when it differs from what is known.
    - A provisional one is published when it is new, was withdrawn, or is higher than what is known: it never takes a
      confirmation back, and an open alert keeps its peak while its pane or window is open.
    - An open alert whose pane or window has closed without a confirmation is withdrawn.
    """
    latest = {alert.id: alert for alert in confirmed}
    for alert in provisional:
        if alert.id not in latest and _is_news(known.get(alert.id), alert):
            latest[alert.id] = alert
    for alert, _ in known.values():
        if alert.state == "open" and alert.id not in latest and alert.window_end <= closed_through:
            latest[alert.id] = replace(alert, state="withdrawn")
    return [
        (alert, 1 if prior is None else prior[1] + 1)
        for alert in latest.values()
        if (prior := known.get(alert.id)) is None or prior[0] != alert
    ]


def end_abandoned(
    known: Mapping[str, AlertChange], detectors: Sequence[Detector], closed_through: int
) -> list[AlertChange]:
    """The confirmed alerts that no detector will end any more, since theirs was switched off, has a new version or has
    failed.

    They end with the last closed pane (``closed_through``, UTC microseconds).
    """
    running = {(detector.name, detector.version) for detector in detectors}
    return [
        (replace(alert, ended=closed_through), revision + 1)
        for alert, revision in known.values()
        if alert.state == "confirmed" and alert.ended is None and (alert.detector, alert.version) not in running
    ]


def _is_news(prior: AlertChange | None, provisional: Alert) -> bool:
    if prior is None or prior[0].state == "withdrawn":
        return True
    return prior[0].state == "open" and provisional.score > prior[0].score


class _InTime(Protocol):
    @property
    def symbol(self) -> str: ...

    @property
    def start(self) -> int: ...


def _fold(
    detectors: Sequence[Fold[Folded_contra]], states: Mapping[str, DetectorState], closed: Sequence[Folded_contra]
) -> tuple[dict[str, DetectorState], list[Alert]]:
    _check_order(closed)
    next_states = dict(states)
    alerts: list[Alert] = []
    for each in closed:
        for detector in detectors:
            state = _state(detector, next_states)
            try:
                next_states[detector.name], raised = detector.step(state, each)
            except Exception as error:
                raise DetectorFailedError(detector.name, each.symbol, error) from error
            alerts += raised
    return next_states, alerts


def _state(detector: Fold[Folded_contra], states: Mapping[str, DetectorState]) -> DetectorState:
    known = states.get(detector.name)
    return detector.initial_state() if known is None else known


def _looked_at(
    detectors: Sequence[Fold[Folded_contra]], states: Mapping[str, DetectorState], still_open: Sequence[Folded_contra]
) -> list[Alert]:
    alerts = []
    for detector in detectors:
        state = _state(detector, states)
        for number, each in enumerate(still_open, start=1):
            try:
                alert = detector.provisional(state, each)
                if number < len(still_open):
                    state, _ = detector.step(state, each)
            except Exception as error:
                raise DetectorFailedError(detector.name, each.symbol, error) from error
            if alert is not None:
                alerts.append(alert)
    return alerts


def _check_order(closed: Sequence[_InTime]) -> None:
    for before, after in pairwise(closed):
        if before.symbol != after.symbol or before.start >= after.start:
            raise ValueError(
                f"{after.symbol} from {after.start} us on is folded after {before.symbol} from {before.start} us on"
            )
