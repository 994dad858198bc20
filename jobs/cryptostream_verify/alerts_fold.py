"""The detectors folded once over one symbol's closed panes and windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from cryptostream_job.detectors.base import Detector, Fold, Folded_contra, pane_detectors, window_detectors
from cryptostream_job.detectors.failure import DetectorFailedError
from cryptostream_job.grid import empty_pane
from cryptostream_job.model import Alert, Geometry, Pane, Window
from cryptostream_verify.scope import SymbolScope
from cryptostream_verify.workspace import Workspace

_ROWS_AT_ONCE = 5_000
_WINDOW = {"start": "window_start", "end": "window_end"}
_PANE = {"start": "pane_start"}
_PRICES = ("open", "high", "low", "close")


class IncompleteHistoryError(ValueError):
    """The panes or windows before the first recomputed one are not all stored, so that the fold cannot begin at the
    beginning.
    """


def fold_alerts(detectors: Sequence[Detector], panes: Iterable[Pane], windows: Iterable[Window]) -> dict[str, Alert]:
    """The last form of every alert that panes and windows, each in order of time, confirm; by id.

    Raises DetectorFailedError.
    """
    return {**_folded(pane_detectors(detectors), panes), **_folded(window_detectors(detectors), windows)}


def _folded(detectors: Sequence[Fold[Folded_contra]], history: Iterable[Folded_contra]) -> dict[str, Alert]:
    states = [detector.initial_state() for detector in detectors]
    alerts: dict[str, Alert] = {}
    if not detectors:
        return alerts
    for each in history:
        for index, detector in enumerate(detectors):
            try:
                states[index], changed = detector.step(states[index], each)
            except Exception as error:
                raise DetectorFailedError(detector.name, each.symbol, error) from error
            alerts.update((alert.id, alert) for alert in changed)
    return alerts


def pane_history(workspace: Workspace, scope: SymbolScope, geometry: Geometry) -> Iterator[Pane]:
    """Every closed pane of the grid from a symbol's origin to the judged clock, empty ones too.

    Panes that the topic covers are the recomputed ones, those before them after a head cut the stored ones; raises
    IncompleteHistoryError before the first one when the database's retention has removed the oldest of these.
    """
    start = scope.windows_due_from if scope.head_cut else scope.complete_from
    exchange = None
    for found in _rows(workspace, scope, geometry, "panes", "stored_panes", "pane_start", geometry.pane, _pane_names()):
        pane = Pane(**found)
        if exchange is None and pane.start > start and scope.head_cut:
            raise IncompleteHistoryError("the panes before the first recomputed one are not all stored")
        exchange = pane.exchange
        if pane.start < start:
            continue
        for between in range(start, pane.start, geometry.pane):
            yield empty_pane(between, scope.symbol, exchange)
        yield pane
        start = pane.start + geometry.pane
    if exchange is not None:
        for after in range(start, scope.judged_clock - geometry.allowed_lateness - geometry.pane + 1, geometry.pane):
            yield empty_pane(after, scope.symbol, exchange)


def window_history(workspace: Workspace, scope: SymbolScope, geometry: Geometry) -> Iterator[Window]:
    """Every closed window of a symbol from its origin to the judged clock, in order of its end.

    Windows that the topic covers are the recomputed ones. After a head cut those before them are the stored ones;
    raises IncompleteHistoryError before the first window when one of these is missing.
    """
    if scope.head_cut:
        _require_stored(workspace, scope, geometry)
    for found in _rows(
        workspace, scope, geometry, "windows", "stored_windows", "window_start", geometry.window, _window_names()
    ):
        yield Window(**found)


def _pane_names() -> dict[str, str]:
    return {field.name: _PANE.get(field.name, field.name) for field in fields(Pane) if field.name != "gaps"}


def _window_names() -> dict[str, str]:
    return {field.name: _WINDOW.get(field.name, field.name) for field in fields(Window)}


def _rows(
    workspace: Workspace,
    scope: SymbolScope,
    geometry: Geometry,
    recomputed: str,
    stored: str,
    start: str,
    length: int,
    names: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Closed rows of a symbol in order of time as a dataclass's fields: ``names`` gives each its column."""
    columns = ", ".join(f'"{name}"' for name in names.values())
    stored_columns = ", ".join(
        f'CAST("{name}" AS DECIMAL(38, 18)) AS "{name}"' if name in _PRICES else f'"{name}"' for name in names.values()
    )
    cursor = workspace.cursor()
    cursor.execute(
        f"""SELECT {columns} FROM {recomputed} WHERE symbol = $symbol AND {start} >= $complete_from
            AND {start} + $length + $lateness <= $clock
        UNION ALL
        SELECT {stored_columns} FROM {stored} WHERE symbol = $symbol AND {start} < $complete_from
            AND {start} + $length + $lateness <= $clock AND $head_cut
        ORDER BY {start}""",
        {
            "symbol": scope.symbol,
            "complete_from": scope.complete_from,
            "length": length,
            "lateness": geometry.allowed_lateness,
            "clock": scope.judged_clock,
            "head_cut": scope.head_cut,
        },
    )
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        for row in rows:
            yield dict(zip(names, row, strict=True))
    cursor.close()


def _require_stored(workspace: Workspace, scope: SymbolScope, geometry: Geometry) -> None:
    first_end = -(-(scope.windows_due_from + geometry.window) // geometry.slide) * geometry.slide
    before = min(scope.complete_from + geometry.window, scope.judged_clock - geometry.allowed_lateness + 1)
    due = len(range(first_end, before, geometry.slide))
    row = workspace.execute(
        "SELECT count(*) FROM stored_windows WHERE symbol = ? AND window_end >= ? AND window_end < ?",
        [scope.symbol, first_end, before],
    ).fetchall()[0]
    if row[0] < due:
        raise IncompleteHistoryError(f"{due - row[0]} of {due} windows before the first recomputed one are not stored")
