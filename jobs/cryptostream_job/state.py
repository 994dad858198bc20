"""What the job knows of each symbol between micro-batches: a copy of what the database holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptostream_job.detectors.base import DetectorState, Folds
from cryptostream_job.detectors.fold import AlertChange
from cryptostream_job.model import Pane


@dataclass(frozen=True, slots=True)
class SymbolState:
    """One symbol's clock, how far it has closed, the panes that open windows need, and its detectors' state.

    Times in UTC microseconds. Never changed in place: a batch makes a new one, which counts once it is committed.
    """

    symbol: str
    exchange: str
    partition: int
    origin: int
    clock: int
    last_id: int | None
    panes_closed_through: int
    windows_closed_through: int
    traded_at: int | None = None
    """The clock that the last batch with trades of the symbol brought it to, None before the first one."""
    panes: Mapping[int, Pane] = field(default_factory=dict)
    detector_states: Mapping[str, DetectorState] = field(default_factory=dict)
    alerts: Mapping[str, AlertChange] = field(default_factory=dict)
    """Alerts that may still change, with their revision, by id."""

    def closed_through(self, folds: Folds) -> int:
        """The end of the last closed pane or window."""
        return self.panes_closed_through if folds == "panes" else self.windows_closed_through


StreamState = dict[str, SymbolState]
"""Symbol -> its state."""


def open_alerts(state: StreamState) -> int:
    """How many alerts of all symbols are not withdrawn and have not ended."""
    return sum(
        alert.ended is None and alert.state != "withdrawn"
        for symbol in state.values()
        for alert, _ in symbol.alerts.values()
    )


FormerAlerts = Mapping[str, Mapping[str, AlertChange]]
"""Symbol -> alert id -> an alert as it was last published."""


@dataclass(frozen=True, slots=True)
class StoredStream:
    """What the database holds of a stream: the symbols' states, and alerts of symbols that a rebuild has forgotten."""

    symbols: StreamState
    former_alerts: FormerAlerts = field(default_factory=dict)
