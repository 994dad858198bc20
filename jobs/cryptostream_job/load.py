"""Read a stream's state from the database at the start of a driver."""

from collections.abc import Sequence
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import RealDictCursor

from cryptostream_job.closing import oldest_needed_pane
from cryptostream_job.columns import ALERT_COLUMNS, PANE_COLUMNS, selected
from cryptostream_job.detectors.base import Detector, DetectorState
from cryptostream_job.detectors.fold import AlertChange
from cryptostream_job.model import Alert, Geometry, Pane
from cryptostream_job.state import FormerAlerts, StoredStream, SymbolState
from cryptostream_job.times import to_datetime, to_microseconds
from cryptostream_model.streams import StreamName


class DetectorVersionError(ValueError):
    """Detector state of a newer version than this code knows."""


def load_stream_state(
    connection: Connection, stream: StreamName, geometry: Geometry, detectors: Sequence[Detector]
) -> StoredStream:
    """Every symbol's state as the last committed batch left it.

    Raises DetectorVersionError when a detector's state was written by a newer version. State of an older version is
    left out, and so is that of a detector that was off while what it folds closed: it warms up anew.
    """
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("SELECT * FROM crypto_symbols WHERE stream = %s", (str(stream),))
        symbols = {row["symbol"]: dict(row) for row in cursor.fetchall()}
        panes: dict[str, dict[int, Pane]] = {symbol: {} for symbol in symbols}
        for symbol, row in symbols.items():
            oldest = oldest_needed_pane(
                geometry, to_microseconds(row["panes_closed_through"]), to_microseconds(row["windows_closed_through"])
            )
            cursor.execute(
                f"SELECT {selected(PANE_COLUMNS)} FROM crypto_panes "
                "WHERE stream = %s AND symbol = %s AND pane_start >= %s",
                (str(stream), symbol, to_datetime(oldest)),
            )
            for found in cursor.fetchall():
                pane = pane_from_row(dict(found))
                panes[symbol][pane.start] = pane
        alerts = _unfinished_alerts(cursor, stream)
        former_alerts = _former_alerts(cursor, stream)
        states = _detector_states(cursor, stream, detectors)
    known = {
        symbol: SymbolState(
            symbol=symbol,
            exchange=row["exchange"],
            partition=row["partition"],
            origin=to_microseconds(row["origin"]),
            clock=to_microseconds(row["clock"]),
            last_id=row["last_id"],
            panes_closed_through=to_microseconds(row["panes_closed_through"]),
            windows_closed_through=to_microseconds(row["windows_closed_through"]),
            traded_at=None if row["traded_at"] is None else to_microseconds(row["traded_at"]),
            panes=panes[symbol],
            detector_states=states.get(symbol, {}),
            alerts=alerts.get(symbol, {}),
        )
        for symbol, row in symbols.items()
    }
    return StoredStream(known, former_alerts)


def pane_from_row(row: dict[str, Any]) -> Pane:
    """A row of PANE_COLUMNS."""
    row["start"] = to_microseconds(row.pop("pane_start"))
    for clock in ("first_clock", "clock"):
        row[clock] = to_microseconds(row[clock])
    if row["trade_sizes"] is not None:
        row["trade_sizes"] = tuple(row["trade_sizes"])
    return Pane(**row)


def alert_from_row(row: dict[str, Any]) -> AlertChange:
    """A row of ALERT_COLUMNS and the revision."""
    fields = dict(row)
    revision = fields.pop("revision")
    for moment in ("window_start", "window_end", "last_window_end", "ended"):
        fields[moment] = None if fields[moment] is None else to_microseconds(fields[moment])
    return Alert(**fields), revision


def _unfinished_alerts(cursor: RealDictCursor, stream: StreamName) -> FormerAlerts:
    cursor.execute(
        # One that a rebuild has withdrawn may be confirmed again, and must then get a higher revision.
        f"SELECT {selected(ALERT_COLUMNS, 'a')}, revision FROM crypto_alerts AS a "
        "JOIN crypto_symbols AS s USING (stream, symbol) WHERE stream = %s AND ended IS NULL "
        "AND (state <> 'withdrawn' OR window_end > panes_closed_through)",
        (str(stream),),
    )
    return _by_symbol(cursor)


def _former_alerts(cursor: RealDictCursor, stream: StreamName) -> FormerAlerts:
    cursor.execute(
        # Of symbols that a rebuild computes from their beginning: withdrawn, and likely to be confirmed again.
        f"SELECT {selected(ALERT_COLUMNS, 'a')}, revision FROM crypto_alerts AS a "
        "LEFT JOIN crypto_symbols AS s USING (stream, symbol) WHERE stream = %s AND ended IS NULL "
        "AND state = 'withdrawn' AND s.origin IS NULL",
        (str(stream),),
    )
    return _by_symbol(cursor)


def _by_symbol(cursor: RealDictCursor) -> FormerAlerts:
    alerts: dict[str, dict[str, AlertChange]] = {}
    for row in cursor.fetchall():
        alert, revision = alert_from_row(dict(row))
        alerts.setdefault(alert.symbol, {})[alert.id] = (alert, revision)
    return alerts


def _detector_states(
    cursor: RealDictCursor, stream: StreamName, detectors: Sequence[Detector]
) -> dict[str, dict[str, DetectorState]]:
    cursor.execute(
        "SELECT symbol, detector, version, state, through, panes_closed_through AS panes, "
        "windows_closed_through AS windows "
        "FROM crypto_detector_state JOIN crypto_symbols USING (stream, symbol) WHERE stream = %s",
        (str(stream),),
    )
    known = {detector.name: detector for detector in detectors}
    states: dict[str, dict[str, DetectorState]] = {}
    for row in cursor.fetchall():
        detector = known.get(row["detector"])
        if detector is None:
            continue
        if row["version"] > detector.version:
            raise DetectorVersionError(
                f"stream {stream}: state of detector {row['detector']} has version {row['version']}, this code knows "
                f"{detector.version}: a newer job has written it, update this one"
            )
        if row["version"] == detector.version and row["through"] == row[detector.folds]:
            states.setdefault(row["symbol"], {})[detector.name] = detector.restored(row["state"])
    return states
