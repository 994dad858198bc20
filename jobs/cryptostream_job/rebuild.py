"""``cryptostream rebuild --from TIME``: forget what was computed from a time on, so that the job computes it again.

One transaction: the epoch rises (a running driver stops writing), the generation of checkpoints rises (the next driver
starts a fresh one at TIME), later panes, windows and gaps are deleted, later alerts are withdrawn until they are
confirmed again, and the detectors' states are folded anew over the stored panes and windows before TIME. New lengths of
panes and windows are taken over here, and only here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import RealDictCursor

from cryptostream_job.closing import initial_windows_closed_through
from cryptostream_job.columns import ALERT_COLUMNS, PANE_COLUMNS, WINDOW_COLUMNS, selected
from cryptostream_job.detectors.base import Detector, DetectorState, Folds
from cryptostream_job.detectors.failure import DetectorFailedError
from cryptostream_job.detectors.fold import fold_closed, initial_states
from cryptostream_job.epoch import raise_generation
from cryptostream_job.grid import grid_panes
from cryptostream_job.load import alert_from_row, pane_from_row
from cryptostream_job.model import Alert, Geometry, Pane, Window
from cryptostream_job.sink import queue_alerts
from cryptostream_job.times import to_datetime, to_microseconds
from cryptostream_model.logs import get_logger
from cryptostream_model.streams import StreamName

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RebuildSummary:
    """How many rows were deleted, alerts withdrawn, and symbols are computed again."""

    symbols: int
    panes: int
    windows: int
    alerts: int
    gaps: int


@dataclass(frozen=True, slots=True)
class RestartPoint:
    """Where a symbol goes on: everything before is closed. Times in UTC microseconds."""

    panes_closed_through: int
    windows_closed_through: int

    def closed_through(self, folds: Folds) -> int:
        """The end of the last closed pane or window."""
        return self.panes_closed_through if folds == "panes" else self.windows_closed_through


def restart_point(geometry: Geometry, origin: int, panes_closed_through: int, start: int) -> RestartPoint:
    """Where a symbol is computed from, given the time from which a rebuild was asked.

    A time before what is closed goes back to it. A later one leaves a hole, which is what is left to do when the topic
    no longer holds the records: windows begin again where they are whole.
    """
    start = geometry.pane_start(start)
    if start <= panes_closed_through:
        windows = start - start % geometry.slide
        return RestartPoint(start, max(windows, initial_windows_closed_through(geometry, origin)))
    return RestartPoint(start, initial_windows_closed_through(geometry, start))


def rebuild(
    connection: Connection, stream: StreamName, geometry: Geometry, detectors: Sequence[Detector], start: int
) -> RebuildSummary:
    """Prepare the stream for being computed again from ``start`` (UTC microseconds).

    Raises LookupError when the database does not know the stream.
    """
    with connection, connection.cursor() as cursor:
        raise_generation(connection, stream)
        _store_geometry(cursor, stream, geometry)
        cursor.execute(
            "SELECT symbol, origin, panes_closed_through FROM crypto_symbols WHERE stream = %s", (str(stream),)
        )
        symbols = cursor.fetchall()
        deleted = {"crypto_panes": 0, "crypto_windows": 0, "feed_gaps": 0}
        withdrawn = 0
        for symbol, origin, closed_through in symbols:
            point = restart_point(geometry, to_microseconds(origin), to_microseconds(closed_through), start)
            from_its_origin = point.panes_closed_through <= to_microseconds(origin)
            if from_its_origin:
                point = RestartPoint(0, 0)
            for table, count in _delete_later(cursor, stream, symbol, point).items():
                deleted[table] += count
            alerts = _withdraw_later(cursor, stream, symbol, point)
            withdrawn += len(alerts)
            if from_its_origin:
                _publish(connection, cursor, stream, symbol, alerts)
                cursor.execute("DELETE FROM crypto_symbols WHERE stream = %s AND symbol = %s", (str(stream), symbol))
                cursor.execute(
                    "DELETE FROM crypto_detector_state WHERE stream = %s AND symbol = %s", (str(stream), symbol)
                )
                continue
            _move_symbol(cursor, stream, symbol, point)
            _fold_again(connection, cursor, stream, symbol, detectors, geometry, to_microseconds(origin), point)
            _publish(connection, cursor, stream, symbol, alerts)
    return RebuildSummary(
        len(symbols), deleted["crypto_panes"], deleted["crypto_windows"], withdrawn, deleted["feed_gaps"]
    )


def _store_geometry(cursor: Cursor, stream: StreamName, geometry: Geometry) -> None:
    lengths = (geometry.pane, geometry.slide, geometry.window, geometry.allowed_lateness)
    cursor.execute(
        'UPDATE crypto_writers SET epoch = epoch + 1, pane = %s, slide = %s, "window" = %s, allowed_lateness = %s '
        "WHERE stream = %s",
        (*(timedelta(microseconds=length) for length in lengths), str(stream)),
    )


def _delete_later(cursor: Cursor, stream: StreamName, symbol: str, point: RestartPoint) -> dict[str, int]:
    panes = to_datetime(point.panes_closed_through)
    windows = to_datetime(point.windows_closed_through)
    deleted = {}
    for table, condition, bound in (
        ("crypto_panes", "pane_start >= %s", panes),
        ("crypto_windows", "window_end > %s", windows),
        ("feed_gaps", "clock >= %s", panes),
    ):
        cursor.execute(
            f"DELETE FROM {table} WHERE stream = %s AND symbol = %s AND {condition}", (str(stream), symbol, bound)
        )
        deleted[table] = cursor.rowcount
    return deleted


def _withdraw_later(cursor: Cursor, stream: StreamName, symbol: str, point: RestartPoint) -> list[str]:
    """Alerts that reach or ended behind the restart point; what the new computation confirms gets a higher revision.

    They are not deleted: readers of the alerts topic keep the highest revision of an id, which must not fall. Returns
    their ids.
    """
    cursor.execute(
        "UPDATE crypto_alerts SET state = 'withdrawn', revision = revision + 1, ended = NULL, updated_at = now() "
        "WHERE stream = %(stream)s AND symbol = %(symbol)s AND state <> 'withdrawn' "
        "AND (last_window_end > %(through)s OR ended > %(through)s) RETURNING id",
        {"stream": str(stream), "symbol": symbol, "through": to_datetime(point.panes_closed_through)},
    )
    return [row[0] for row in cursor.fetchall()]


def _publish(connection: Connection, cursor: Cursor, stream: StreamName, symbol: str, alerts: Sequence[str]) -> None:
    """Queue alerts as they stand now for the alerts topic."""
    with connection.cursor(cursor_factory=RealDictCursor) as stored:
        stored.execute(
            f"SELECT {selected(ALERT_COLUMNS)}, revision FROM crypto_alerts "
            "WHERE stream = %s AND symbol = %s AND id = ANY(%s)",
            (str(stream), symbol, alerts),
        )
        queue_alerts(cursor, stream, [alert_from_row(dict(row)) for row in stored.fetchall()])


def _move_symbol(cursor: Cursor, stream: StreamName, symbol: str, point: RestartPoint) -> None:
    cursor.execute(
        """
        UPDATE crypto_symbols SET
            panes_closed_through = %(panes)s, windows_closed_through = %(windows)s, clock = %(panes)s,
            last_id = (SELECT max(last_id) FROM crypto_panes WHERE stream = %(stream)s AND symbol = %(symbol)s)
        WHERE stream = %(stream)s AND symbol = %(symbol)s
        """,
        {
            "stream": str(stream),
            "symbol": symbol,
            "panes": to_datetime(point.panes_closed_through),
            "windows": to_datetime(point.windows_closed_through),
        },
    )


def _fold_again(
    connection: Connection,
    cursor: Cursor,
    stream: StreamName,
    symbol: str,
    detectors: Sequence[Detector],
    geometry: Geometry,
    origin: int,
    point: RestartPoint,
) -> None:
    panes = _stored_panes(connection, stream, symbol, geometry, origin, point)
    with connection.cursor(cursor_factory=RealDictCursor) as stored:
        stored.execute(
            f"SELECT {selected(WINDOW_COLUMNS)} FROM crypto_windows "
            "WHERE stream = %s AND symbol = %s ORDER BY window_end",
            (str(stream), symbol),
        )
        windows = [_window(dict(row)) for row in stored.fetchall()]
    states, alerts = _fold_those_that_can(detectors, panes, windows)
    cursor.execute("DELETE FROM crypto_detector_state WHERE stream = %s AND symbol = %s", (str(stream), symbol))
    for detector in detectors:
        if detector.name not in states:
            continue
        cursor.execute(
            "INSERT INTO crypto_detector_state (stream, symbol, detector, version, through, state) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            (
                str(stream),
                symbol,
                detector.name,
                detector.version,
                to_datetime(point.closed_through(detector.folds)),
                orjson.dumps(detector.stored(states[detector.name])).decode(),
            ),
        )
    # One that began before the restart point and lasted beyond it stands as it was there.
    for alert in {alert.id: alert for alert in alerts}.values():
        cursor.execute(
            "UPDATE crypto_alerts SET state = %s, severity = %s, score = %s, last_window_end = %s, ended = %s, "
            "price = %s, details = %s WHERE stream = %s AND symbol = %s AND id = %s AND state = 'withdrawn'",
            (
                alert.state,
                alert.severity,
                alert.score,
                to_datetime(alert.last_window_end),
                None if alert.ended is None else to_datetime(alert.ended),
                alert.price,
                orjson.dumps(alert.details).decode(),
                str(stream),
                symbol,
                alert.id,
            ),
        )


def _fold_those_that_can(
    detectors: Sequence[Detector], panes: Sequence[Pane], windows: Sequence[Window]
) -> tuple[dict[str, DetectorState], list[Alert]]:
    """States and alerts of the detectors that do not raise; one that does begins anew with the job."""
    able = list(detectors)
    while True:
        try:
            return fold_closed(able, initial_states(able), panes, windows)
        except DetectorFailedError as failure:
            _log.error("detector left out", detector=failure.detector, symbol=failure.symbol, reason=failure.reason)
            able = [detector for detector in able if detector.name != failure.detector]


def _stored_panes(
    connection: Connection, stream: StreamName, symbol: str, geometry: Geometry, origin: int, point: RestartPoint
) -> list[Pane]:
    """The grid's panes from the origin, or from the oldest that is stored, to the restart point.

    Panes of another length, from before these lengths were given, are none of the grid's.
    """
    with connection.cursor(cursor_factory=RealDictCursor) as stored:
        stored.execute(
            f"SELECT {selected(PANE_COLUMNS)} FROM crypto_panes "
            "WHERE stream = %s AND symbol = %s AND pane_start >= %s AND pane_end - pane_start = %s ORDER BY pane_start",
            (str(stream), symbol, to_datetime(origin), timedelta(microseconds=geometry.pane)),
        )
        panes = [pane_from_row(dict(row)) for row in stored.fetchall()]
    if not panes:
        return []
    starts = range(panes[0].start, point.panes_closed_through, geometry.pane)
    return grid_panes({pane.start: pane for pane in panes}, starts, symbol, panes[0].exchange)


def _window(row: dict[str, object]) -> Window:
    row["start"] = to_microseconds(row.pop("window_start"))  # type: ignore[arg-type]
    row["end"] = to_microseconds(row.pop("window_end"))  # type: ignore[arg-type]
    return Window(**row)  # type: ignore[arg-type]
