"""Detectors over one symbol's windows, and what of their alerts is to be published."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from cryptostream_job.detectors.base import Detector, DetectorState
from cryptostream_job.model import Alert, Window

AlertChange = tuple[Alert, int]
"""An alert as it is to be published, and its revision."""


def initial_states(detectors: Sequence[Detector]) -> dict[str, DetectorState]:
    """The state of each detector before any window, by the detector's name."""
    return {detector.name: detector.initial_state() for detector in detectors}


def fold_windows(
    detectors: Sequence[Detector], states: Mapping[str, DetectorState], windows: Sequence[Window]
) -> tuple[dict[str, DetectorState], list[Alert]]:
    """Fold one symbol's closed windows, in order of their end.

    Returns the next states and every alert that opens, moves or ends, in order, all ``confirmed``; the last one of an
    id is its state now. A detector without a state begins with its initial one; states of detectors that are not
    given are kept. Pure. Raises ValueError when the windows are of several symbols or out of order.
    """
    for before, after in pairwise(windows):
        if before.symbol != after.symbol or before.end >= after.end:
            raise ValueError(f"window of {after.symbol} ending {after.end} after {before.symbol} ending {before.end}")
    next_states = dict(states)
    alerts: list[Alert] = []
    for window in windows:
        for detector in detectors:
            state = next_states.get(detector.name) or detector.initial_state()
            next_states[detector.name], raised = detector.step(state, window)
            alerts += raised
    return next_states, alerts


def provisional_alerts(
    detectors: Sequence[Detector], states: Mapping[str, DetectorState], windows: Sequence[Window]
) -> list[Alert]:
    """What open windows, in order of their end from the next one to close, would raise as they are now.

    A window that has ended but waits for late trades is folded into a copy of the state before the one after it is
    judged, so that an episode that began in it is not raised twice. Moves no state.
    """
    alerts = []
    for detector in detectors:
        state = states.get(detector.name) or detector.initial_state()
        for number, window in enumerate(windows, start=1):
            alert = detector.provisional(state, window)
            if alert is not None:
                alerts.append(alert)
            if number < len(windows):
                state, _ = detector.step(state, window)
    return alerts


def judge(
    known: Mapping[str, AlertChange],
    confirmed: Sequence[Alert],
    provisional: Sequence[Alert],
    windows_closed_through: int,
) -> list[AlertChange]:
    """The alert revisions that a batch publishes for one symbol, at most one for each alert.

    ``known`` holds alerts by id as they were last published, with their revision: at least those that are open and
    those that have not ended. ``confirmed`` is what the batch's closed windows raised, ``provisional`` what open
    windows would raise, ``windows_closed_through`` the end of the last closed window in UTC microseconds.

    - A confirmed alert is published when it differs from what is known.
    - A provisional one is published when it is new, was withdrawn, or is higher than what is known: it never takes a
      confirmation back, and an open alert keeps its peak while its window is open.
    - An open alert whose window has closed without a confirmation is withdrawn.
    """
    latest = {alert.id: alert for alert in confirmed}
    for alert in provisional:
        if alert.id not in latest and _is_news(known.get(alert.id), alert):
            latest[alert.id] = alert
    for alert, _ in known.values():
        if alert.state == "open" and alert.id not in latest and alert.window_end <= windows_closed_through:
            latest[alert.id] = replace(alert, state="withdrawn")
    return [
        (alert, 1 if prior is None else prior[1] + 1)
        for alert in latest.values()
        if (prior := known.get(alert.id)) is None or prior[0] != alert
    ]


def end_abandoned(
    known: Mapping[str, AlertChange], detectors: Sequence[Detector], windows_closed_through: int
) -> list[AlertChange]:
    """The confirmed alerts that no detector will end any more, since theirs was switched off or has a new version.

    They end with the last closed window (``windows_closed_through``, UTC microseconds).
    """
    running = {(detector.name, detector.version) for detector in detectors}
    return [
        (replace(alert, ended=windows_closed_through), revision + 1)
        for alert, revision in known.values()
        if alert.state == "confirmed" and alert.ended is None and (alert.detector, alert.version) not in running
    ]


def _is_news(prior: AlertChange | None, provisional: Alert) -> bool:
    if prior is None or prior[0].state == "withdrawn":
        return True
    return prior[0].state == "open" and provisional.score > prior[0].score
