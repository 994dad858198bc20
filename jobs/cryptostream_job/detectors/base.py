"""What a detector is: a fold over one symbol's closed panes, or over its closed windows, in order of time."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from cryptostream_job.model import Alert, Pane, Window

DetectorState: TypeAlias = Any
"""State of one detector for one symbol: a value of the detector's own type, which nobody else looks into."""

StoredState = dict[str, Any]
"""A detector's state as JSON has it."""

Folds = Literal["panes", "windows"]
"""What a detector folds, by name."""

Folded_contra = TypeVar("Folded_contra", Pane, Window, contravariant=True)


class Fold(Protocol[Folded_contra]):
    """A named, versioned fold. A changed formula or state shape raises the version."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    def initial_state(self) -> DetectorState:
        """The state before any pane or window."""
        ...

    def stored(self, state: DetectorState, /) -> StoredState:
        """A state as it is stored; ``restored`` gives an equal one."""
        ...

    def restored(self, stored: StoredState, /) -> DetectorState:
        """The state that was stored by this version."""
        ...

    def step(self, state: DetectorState, closed: Folded_contra, /) -> tuple[DetectorState, list[Alert]]:
        """Fold what has closed next: the next state, and the alerts that it confirms, moves or ends (``confirmed``).

        Pure: the given state is not changed.
        """
        ...

    def provisional(self, state: DetectorState, still_open: Folded_contra, /) -> Alert | None:
        """What an open pane or window would raise were it to close as it is: an alert in state ``open``, or None.

        Pure.
        """
        ...


class PaneDetector(Fold[Pane], Protocol):
    """Folds every pane of the grid from the symbol's origin on, once and in order; where nothing was recorded, an empty
    one.
    """

    @property
    def folds(self) -> Literal["panes"]: ...


class WindowDetector(Fold[Window], Protocol):
    """Folds every window from the symbol's first one on, once and in order of their ends, empty ones too."""

    @property
    def folds(self) -> Literal["windows"]: ...


Detector: TypeAlias = PaneDetector | WindowDetector


def pane_detectors(detectors: Sequence[Detector]) -> list[PaneDetector]:
    """Those that fold panes."""
    return [detector for detector in detectors if detector.folds == "panes"]


def window_detectors(detectors: Sequence[Detector]) -> list[WindowDetector]:
    """Those that fold windows."""
    return [detector for detector in detectors if detector.folds == "windows"]
