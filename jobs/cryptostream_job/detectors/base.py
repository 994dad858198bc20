"""What a detector is: a fold over one symbol's closed windows in order of their end."""

from typing import Any, Protocol

from cryptostream_job.model import Alert, Window

DetectorState = dict[str, Any]
"""JSON-representable state of one detector for one symbol."""


class Detector(Protocol):
    """A named, versioned fold. A changed formula or state shape raises the version."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    def initial_state(self) -> DetectorState:
        """The state before any window."""
        ...

    def step(self, state: DetectorState, window: Window) -> tuple[DetectorState, list[Alert]]:
        """Fold one closed window: the next state, and the alerts that it confirms, moves or ends (state ``confirmed``).

        Pure: the given state is not changed.
        """
        ...

    def provisional(self, state: DetectorState, window: Window) -> Alert | None:
        """What an open window would raise were it to close as it is: an alert in state ``open``, or None. Pure."""
        ...
