"""Detectors that know how long they have taken."""

import time
from typing import Generic, Literal, TypeAlias

from cryptostream_job.detectors.base import Detector, DetectorState, Fold, Folded_contra, StoredState
from cryptostream_job.model import Alert, Pane, Window


class Timed(Generic[Folded_contra]):
    """The detector itself, with the seconds and the number of calls since they were last taken."""

    def __init__(self, detector: Fold[Folded_contra]) -> None:
        self._detector: Fold[Folded_contra] = detector
        self.name = detector.name
        self.version = detector.version
        self.seconds = 0.0
        self.calls = 0

    def initial_state(self) -> DetectorState:
        return self._detector.initial_state()

    def stored(self, state: DetectorState, /) -> StoredState:
        return self._detector.stored(state)

    def restored(self, stored: StoredState, /) -> DetectorState:
        return self._detector.restored(stored)

    def step(self, state: DetectorState, closed: Folded_contra, /) -> tuple[DetectorState, list[Alert]]:
        began = time.perf_counter()
        try:
            return self._detector.step(state, closed)
        finally:
            self._count(began)

    def provisional(self, state: DetectorState, still_open: Folded_contra, /) -> Alert | None:
        began = time.perf_counter()
        try:
            return self._detector.provisional(state, still_open)
        finally:
            self._count(began)

    def taken(self) -> tuple[float, int]:
        """Seconds and calls since the last time they were taken."""
        spent = self.seconds, self.calls
        self.seconds, self.calls = 0.0, 0
        return spent

    def _count(self, began: float) -> None:
        self.seconds += time.perf_counter() - began
        self.calls += 1


class TimedPanes(Timed[Pane]):
    """One that folds panes."""

    folds: Literal["panes"] = "panes"


class TimedWindows(Timed[Window]):
    """One that folds windows."""

    folds: Literal["windows"] = "windows"


TimedDetector: TypeAlias = TimedPanes | TimedWindows


def timed(detector: Detector) -> TimedDetector:
    """The detector with a clock."""
    return TimedPanes(detector) if detector.folds == "panes" else TimedWindows(detector)
