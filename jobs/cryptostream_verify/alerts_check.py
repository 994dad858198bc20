"""Stored alerts against those that the detectors find in the recomputed panes and windows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.failure import DetectorFailedError
from cryptostream_job.model import Alert, Geometry
from cryptostream_verify.alerts_fold import IncompleteHistoryError, fold_alerts, pane_history, window_history
from cryptostream_verify.findings import Difference, Findings, moment, shown
from cryptostream_verify.scope import SymbolScope
from cryptostream_verify.stored import Connection
from cryptostream_verify.workspace import Workspace

_TIMES = ("window_start", "window_end", "last_window_end", "ended")
_EXACT = ("symbol", "exchange", "detector", "version", "severity", "price", "backfilled", *_TIMES)
_ROUNDED = ("score", "threshold")
_SIGNIFICANT_DIGITS = 9


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """A row of crypto_alerts, times in UTC microseconds."""

    id: str
    symbol: str
    exchange: str
    detector: str
    version: int
    state: str
    severity: str
    score: float
    threshold: float
    window_start: int
    window_end: int
    last_window_end: int
    ended: int | None
    price: Decimal | None
    backfilled: bool
    revision: int


def read_alerts(connection: Connection, stream: str) -> dict[str, dict[str, StoredAlert]]:
    """All stored alerts by symbol and id."""
    times = ", ".join(f"(extract(epoch FROM {name}) * 1000000)::bigint" for name in _TIMES)
    alerts: dict[str, dict[str, StoredAlert]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id, symbol, exchange, detector, version, state, severity, score, threshold, {times}, price,
                backfilled, revision FROM crypto_alerts WHERE stream = %s ORDER BY window_end, id""",
            (stream,),
        )
        for row in cursor.fetchall():
            alert = StoredAlert(*row)
            alerts.setdefault(alert.symbol, {})[alert.id] = alert
    return alerts


def check_alerts(
    workspace: Workspace,
    scopes: Sequence[SymbolScope],
    stored: dict[str, dict[str, StoredAlert]],
    detectors: Sequence[Detector],
    geometry: Geometry,
    findings: Findings,
) -> None:
    """Compare confirmed alerts, and look for open ones whose opening pane or window is closed. Withdrawn ones are not
    judged, nor are those of a detector that raises: the job has switched it off where it did.
    """
    able = list(detectors)
    for scope in scopes:
        try:
            expected = _expected(workspace, scope, able, geometry, findings)
        except IncompleteHistoryError as reason:
            findings.note(f"{scope.symbol}: alerts were not compared: {reason}")
            continue
        if scope.head_cut:
            findings.note(
                f"{scope.symbol}: detectors were folded over stored panes and windows up to the first recomputed ones"
            )
        unable = {detector.name for detector in detectors} - {detector.name for detector in able}
        found = {key: alert for key, alert in stored.get(scope.symbol, {}).items() if alert.detector not in unable}
        findings.tally(scope.symbol, "alerts compared", len(expected))
        confirmed = {alert.id: alert for alert in found.values() if alert.state == "confirmed"}
        _compare(expected, confirmed, found, findings)
        for alert in found.values():
            if alert.state == "open" and alert.window_end + geometry.allowed_lateness <= scope.judged_clock:
                findings.add(
                    Difference(
                        "alert left open", alert.symbol, _subject(alert), "state", "confirmed or withdrawn", "open"
                    )
                )


def _expected(
    workspace: Workspace, scope: SymbolScope, able: list[Detector], geometry: Geometry, findings: Findings
) -> dict[str, Alert]:
    """The alerts of those that are able; one that raises is taken from them and noted."""
    while True:
        try:
            return fold_alerts(
                able, pane_history(workspace, scope, geometry), window_history(workspace, scope, geometry)
            )
        except DetectorFailedError as failure:
            findings.note(f"alerts of {failure.detector} were not compared: {failure}")
            able[:] = [detector for detector in able if detector.name != failure.detector]


def same_score(expected: float, found: float) -> bool:
    """Whether two scores differ by at most one unit of the ninth significant digit."""
    if expected == found:
        return True
    if not (math.isfinite(expected) and math.isfinite(found)):
        return False
    largest = max(abs(expected), abs(found))
    unit = 10.0 ** (math.floor(math.log10(largest)) - _SIGNIFICANT_DIGITS + 1)
    return abs(expected - found) <= unit * (1 + 1e-6)


def _compare(
    expected: dict[str, Alert], confirmed: dict[str, StoredAlert], known: dict[str, StoredAlert], findings: Findings
) -> None:
    for number in sorted(expected.keys() - confirmed.keys(), key=lambda number: expected[number].window_end):
        alert = expected[number]
        state = known[number].state if number in known else "nothing"
        findings.add(Difference("alert missing", alert.symbol, _subject(alert), "state", "confirmed", state))
    for number in confirmed.keys() - expected.keys():
        extra = confirmed[number]
        findings.add(
            Difference("alert not in the windows", extra.symbol, _subject(extra), "state", "nothing", "confirmed")
        )
    for number in expected.keys() & confirmed.keys():
        alert, row = expected[number], confirmed[number]
        wrong = [column for column in _EXACT if getattr(alert, column) != getattr(row, column)]
        wrong += [column for column in _ROUNDED if not same_score(getattr(alert, column), getattr(row, column))]
        for column in wrong:
            findings.add(
                Difference(
                    "alert differs",
                    alert.symbol,
                    _subject(alert),
                    column,
                    _value(column, getattr(alert, column)),
                    _value(column, getattr(row, column)),
                )
            )


def _subject(alert: Alert | StoredAlert) -> str:
    return f"alert {alert.id} of {alert.detector} opening with the window ending {moment(alert.window_end)}"


def _value(column: str, value: Any) -> str:
    return moment(value) if column in _TIMES and value is not None else shown(value)
