"""One micro-batch as a pure step: changed panes in, rows to write and the next state out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptostream_job.closing import (
    closed_pane_ends,
    closed_window_ends,
    initial_panes_closed_through,
    initial_windows_closed_through,
    oldest_needed_pane,
    open_pane_ends,
    open_window_ends,
    origin_of,
)
from cryptostream_job.compose import compose_window
from cryptostream_job.detectors.base import Detector, DetectorState, Folds
from cryptostream_job.detectors.fold import (
    AlertChange,
    end_abandoned,
    fold_closed,
    initial_states,
    judge,
    provisional_alerts,
)
from cryptostream_job.grid import grid_panes
from cryptostream_job.latency import TradeSpan, added_trades, live_spans
from cryptostream_job.model import Geometry, Pane, Window
from cryptostream_job.state import FormerAlerts, StreamState, SymbolState


@dataclass(frozen=True, slots=True)
class SymbolStep:
    """What one symbol's changed panes lead to."""

    state: SymbolState
    panes: tuple[Pane, ...]
    windows: tuple[Window, ...]
    alerts: tuple[AlertChange, ...]
    closed: frozenset[Folds] = frozenset()
    """What of panes and windows has closed, so that detectors that fold it have moved."""
    trades: int = 0
    """On-time trades that were not known before."""
    live: tuple[TradeSpan, ...] = ()
    """Those of them that came over the stream."""


@dataclass(frozen=True, slots=True)
class BatchStep:
    """A whole micro-batch: the symbols that moved, nothing of the others."""

    symbols: Mapping[str, SymbolStep] = field(default_factory=dict)

    def next_state(self, state: StreamState) -> StreamState:
        """The stream's state once this batch is committed."""
        return {**state, **{symbol: step.state for symbol, step in self.symbols.items()}}


def advance(
    state: StreamState,
    changed: Mapping[str, Sequence[Pane]],
    geometry: Geometry,
    detectors: Sequence[Detector],
    former_alerts: FormerAlerts | None = None,
) -> BatchStep:
    """Fold a micro-batch's changed panes into the stream. Pure: ``state`` stays as it is.

    ``former_alerts`` are those of symbols that the state does not hold, because a rebuild has forgotten them. Raises
    DetectorFailedError.
    """
    former = former_alerts or {}
    return BatchStep(
        {
            symbol: advance_symbol(
                state.get(symbol) or new_symbol(panes, geometry, former.get(symbol, {})),
                panes,
                geometry,
                detectors,
            )
            for symbol, panes in changed.items()
        }
    )


def new_symbol(panes: Sequence[Pane], geometry: Geometry, alerts: Mapping[str, AlertChange]) -> SymbolState:
    """The state before a symbol's first record. The first batch holds that record, so its clock is the lowest one."""
    first_clock = min(pane.first_clock for pane in panes)
    origin = origin_of(geometry, first_clock)
    return SymbolState(
        symbol=panes[0].symbol,
        exchange=panes[0].exchange,
        partition=panes[0].partition,
        origin=origin,
        clock=first_clock,
        last_id=None,
        panes_closed_through=initial_panes_closed_through(geometry, origin),
        windows_closed_through=initial_windows_closed_through(geometry, origin),
        alerts=alerts,
    )


def advance_symbol(
    state: SymbolState,
    changed: Sequence[Pane],
    geometry: Geometry,
    detectors: Sequence[Detector],
) -> SymbolStep:
    """Take over changed panes, close what the clock closes, fold the detectors over what has closed."""
    accepted = [pane for pane in changed if _is_news(state, pane, geometry)]
    panes = {**state.panes, **{pane.start: pane for pane in accepted}}
    clock = max([state.clock, *(pane.clock for pane in accepted)])
    last_ids = [pane.last_id for pane in accepted if pane.last_id is not None]
    last_id = max([*last_ids, *([] if state.last_id is None else [state.last_id])], default=None)

    pane_ends = closed_pane_ends(geometry, clock, state.panes_closed_through)
    window_ends = closed_window_ends(geometry, state.origin, clock, state.windows_closed_through)
    panes_closed_through = pane_ends[-1] if pane_ends else state.panes_closed_through
    windows_closed_through = window_ends[-1] if window_ends else state.windows_closed_through

    closed_panes = grid_panes(panes, _starts(geometry, pane_ends, state.origin), state.symbol, state.exchange)
    windows = [_window(panes, geometry, end, state) for end in window_ends]
    detector_states, confirmed = fold_closed(
        detectors, state.detector_states or initial_states(detectors), closed_panes, windows
    )
    open_panes = _starts(geometry, open_pane_ends(geometry, state.origin, clock, panes_closed_through), state.origin)
    open_windows = open_window_ends(geometry, state.origin, clock, windows_closed_through)
    provisional = provisional_alerts(
        detectors,
        detector_states,
        grid_panes(panes, open_panes, state.symbol, state.exchange),
        [_window(panes, geometry, end, state) for end in open_windows],
    )
    changes = [
        *judge(state.alerts, confirmed, provisional, panes_closed_through),
        *end_abandoned(state.alerts, detectors, panes_closed_through),
    ]

    newly_closed = {start: pane for start, pane in panes.items() if start + geometry.pane in pane_ends}
    written = {pane.start: pane for pane in accepted} | newly_closed
    oldest_needed = oldest_needed_pane(geometry, panes_closed_through, windows_closed_through)
    traded = [pane.clock for pane in accepted if added_trades(state.panes, [pane])]
    next_state = SymbolState(
        symbol=state.symbol,
        exchange=state.exchange,
        partition=state.partition,
        origin=state.origin,
        clock=clock,
        last_id=last_id,
        panes_closed_through=panes_closed_through,
        windows_closed_through=windows_closed_through,
        traded_at=max([*traded, *([] if state.traded_at is None else [state.traded_at])], default=None),
        panes={start: pane for start, pane in panes.items() if start >= oldest_needed},
        detector_states=detector_states,
        alerts=_changeable(state.alerts, changes, panes_closed_through),
    )
    return SymbolStep(
        next_state,
        tuple(written[start] for start in sorted(written)),
        tuple(windows),
        tuple(changes),
        _closed(pane_ends, window_ends),
        added_trades(state.panes, accepted),
        live_spans(state.panes, accepted, state.clock, state.traded_at),
    )


def _is_news(state: SymbolState, pane: Pane, geometry: Geometry) -> bool:
    """Whether a pane of Spark's state covers at least what is known of it.

    A closed pane never changes, and a fresh checkpoint sees the panes before its start, and for a while the open ones,
    only in part. One whose trades an older version has not counted by size is news once all of it is there.
    """
    if pane.start + geometry.pane <= state.panes_closed_through:
        return False
    known = state.panes.get(pane.start)
    if known is None:
        return True
    added = _coverage(pane) != _coverage(known) or (known.trade_sizes is None and pane.trade_sizes is not None)
    return added and all(new >= old for new, old in zip(_coverage(pane), _coverage(known), strict=True))


def _coverage(pane: Pane) -> tuple[int, int, int, int]:
    return pane.trades, pane.late_trades, pane.missing_ids, pane.clock


def _window(panes: Mapping[int, Pane], geometry: Geometry, end: int, state: SymbolState) -> Window:
    inside = [panes[start] for start in range(end - geometry.window, end, geometry.pane) if start in panes]
    return compose_window(inside, geometry, end, state.symbol, state.exchange)


def _closed(pane_ends: range, window_ends: range) -> frozenset[Folds]:
    ends: Mapping[Folds, range] = {"panes": pane_ends, "windows": window_ends}
    return frozenset(folds for folds, each in ends.items() if each)


def _starts(geometry: Geometry, ends: range, origin: int) -> list[int]:
    """Starts of the panes with these ends, but for those before the origin, of which the topic holds a part only."""
    return [end - geometry.pane for end in ends if end > origin]


def _changeable(
    known: Mapping[str, AlertChange], changes: Sequence[AlertChange], closed_through: int
) -> dict[str, AlertChange]:
    """Alerts that may still change: those that have not ended, and withdrawn ones of open panes and windows."""
    alerts = {**known, **{alert.id: (alert, revision) for alert, revision in changes}}
    return {
        key: (alert, revision)
        for key, (alert, revision) in alerts.items()
        if alert.ended is None and (alert.state != "withdrawn" or alert.window_end > closed_through)
    }


@dataclass(frozen=True, slots=True)
class MovedDetector:
    """A detector's state of a symbol to store, and the end of the last pane or window that it has folded."""

    symbol: str
    detector: Detector
    through: int
    state: DetectorState


def moved_detectors(step: BatchStep, detectors: Sequence[Detector]) -> list[MovedDetector]:
    """The detector states to store: those of symbols that closed what the detector folds."""
    return [
        MovedDetector(symbol, detector, moved.state.closed_through(detector.folds), moved.state.detector_states[name])
        for symbol, moved in step.symbols.items()
        for detector in detectors
        if detector.folds in moved.closed and (name := detector.name) in moved.state.detector_states
    ]
