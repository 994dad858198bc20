"""The detectors folded once over one symbol's closed windows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from cryptostream_job.detectors.base import Detector
from cryptostream_job.model import Alert, Geometry, Window
from cryptostream_verify.scope import SymbolScope
from cryptostream_verify.workspace import Workspace

_ROWS_AT_ONCE = 5_000
_RENAMED = {"start": "window_start", "end": "window_end"}
_PRICES = ("open", "high", "low", "close")


class IncompleteHistoryError(ValueError):
    """The windows before the first recomputed one are not all stored, so that the fold cannot begin at the
    beginning.
    """


def fold_alerts(detectors: Sequence[Detector], windows: Iterable[Window]) -> dict[str, Alert]:
    """The last form of every alert that the windows, in order of their end, confirm; by id."""
    states = [detector.initial_state() for detector in detectors]
    alerts: dict[str, Alert] = {}
    for window in windows:
        for index, detector in enumerate(detectors):
            states[index], changed = detector.step(states[index], window)
            alerts.update((alert.id, alert) for alert in changed)
    return alerts


def history_of(workspace: Workspace, scope: SymbolScope, geometry: Geometry) -> Iterator[Window]:
    """Every closed window of a symbol from its origin to the judged clock, in order of its end.

    Windows that the topic covers are the recomputed ones. After a head cut those before them are the stored ones;
    raises IncompleteHistoryError before the first window when one of these is missing.
    """
    if scope.head_cut:
        _require_stored(workspace, scope, geometry)
    names = [_RENAMED.get(field.name, field.name) for field in fields(Window)]
    columns = ", ".join(f'"{name}"' for name in names)
    stored_columns = ", ".join(
        f'CAST("{name}" AS DECIMAL(38, 18)) AS "{name}"' if name in _PRICES else f'"{name}"' for name in names
    )
    cursor = workspace.cursor()
    cursor.execute(
        f"""SELECT {columns} FROM windows WHERE symbol = $symbol AND window_start >= $complete_from
            AND window_end + $lateness <= $clock
        UNION ALL
        SELECT {stored_columns} FROM stored_windows WHERE symbol = $symbol AND window_start < $complete_from
            AND window_end + $lateness <= $clock AND $head_cut
        ORDER BY window_end""",
        {
            "symbol": scope.symbol,
            "complete_from": scope.complete_from,
            "lateness": geometry.allowed_lateness,
            "clock": scope.judged_clock,
            "head_cut": scope.head_cut,
        },
    )
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        for row in rows:
            yield Window(*row)
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
