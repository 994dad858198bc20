"""Write one micro-batch in one database transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from cryptostream_job.alerts import alert_to_json
from cryptostream_job.batch import BatchStep, SymbolStep, moved_detectors
from cryptostream_job.columns import ALERT_COLUMNS, PANE_COLUMNS, TIMES, WINDOW_COLUMNS, selected
from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.fold import AlertChange
from cryptostream_job.epoch import check_epoch
from cryptostream_job.ledger import BatchLabel, write_ledger
from cryptostream_job.model import Geometry
from cryptostream_job.times import to_datetime
from cryptostream_model.streams import StreamName


def write_batch(
    connection: Connection,
    label: BatchLabel,
    step: BatchStep,
    geometry: Geometry,
    detectors: Sequence[Detector],
    began: float,
) -> datetime:
    """Commit a batch: panes, closed windows, alerts with their outbox, gaps, states, ledger. Returns the commit's time.

    ``began`` is ``time.monotonic()`` at the beginning of the batch, whose duration the ledger holds.

    Every row is an absolute value, so writing a batch again changes nothing. Raises SupersededError, and psycopg2.Error
    after which the outcome may be unknown and the batch is to be written again on a new connection.
    """
    with connection, connection.cursor() as cursor:
        check_epoch(connection, label.stream, label.epoch)
        stream = str(label.stream)
        steps = list(step.symbols.values())
        _write_panes(cursor, stream, steps, geometry)
        _write_windows(cursor, stream, steps)
        _write_alerts(cursor, label.stream, steps)
        _write_gaps(cursor, stream, steps)
        _write_symbols(cursor, stream, steps)
        _write_detector_states(cursor, stream, step, detectors)
        _refresh_rollups(cursor, stream, steps, geometry)
        return write_ledger(cursor, label, steps, began)


def _write_panes(cursor: Cursor, stream: str, steps: Sequence[SymbolStep], geometry: Geometry) -> None:
    rows = [
        (
            stream,
            *_values(PANE_COLUMNS, pane),
            to_datetime(pane.start + geometry.pane),
            pane.start + geometry.pane <= step.state.panes_closed_through,
        )
        for step in steps
        for pane in step.panes
    ]
    updates = ", ".join(
        f"{column} = excluded.{column}"
        for column in (*PANE_COLUMNS, "closed")
        if column not in ("symbol", "pane_start")
    )
    _insert(
        cursor,
        f"INSERT INTO crypto_panes (stream, {selected(PANE_COLUMNS)}, pane_end, closed) VALUES %s "
        f"ON CONFLICT (stream, symbol, pane_start) DO UPDATE SET {updates} WHERE NOT crypto_panes.closed",
        rows,
    )


def _write_windows(cursor: Cursor, stream: str, steps: Sequence[SymbolStep]) -> None:
    rows = [
        (stream, *_values(WINDOW_COLUMNS, window, {"window_start": "start", "window_end": "end"}))
        for step in steps
        for window in step.windows
    ]
    _insert(
        cursor,
        f"INSERT INTO crypto_windows (stream, {selected(WINDOW_COLUMNS)}) VALUES %s "
        "ON CONFLICT (stream, symbol, window_end) DO NOTHING",
        rows,
    )


def _write_alerts(cursor: Cursor, stream: StreamName, steps: Sequence[SymbolStep]) -> None:
    changes = [change for step in steps for change in step.alerts]
    rows = [
        (str(stream), *_values(ALERT_COLUMNS, alert), revision)
        for alert, revision in {alert.id: (alert, revision) for alert, revision in changes}.values()
    ]
    updates = ", ".join(
        f"{column} = excluded.{column}"
        for column in (*ALERT_COLUMNS, "revision")
        if column not in ("id", "symbol", "window_end")
    )
    _insert(
        cursor,
        f"INSERT INTO crypto_alerts (stream, {selected(ALERT_COLUMNS)}, revision) VALUES %s "
        f"ON CONFLICT (stream, symbol, window_end, id) DO UPDATE SET {updates}, updated_at = now() "
        "WHERE excluded.revision >= crypto_alerts.revision",
        rows,
    )
    queue_alerts(cursor, stream, changes)


def queue_alerts(cursor: Cursor, stream: StreamName, changes: Sequence[AlertChange]) -> None:
    """Put alert revisions into the outbox. What was found in history is stored, not sent."""
    outbox = [
        (str(stream), alert.id, revision, alert_to_json(alert, revision, stream).decode())
        for alert, revision in changes
        if not alert.backfilled
    ]
    _insert(
        cursor,
        "INSERT INTO crypto_alert_outbox (stream, id, revision, payload) VALUES %s "
        "ON CONFLICT (stream, id, revision) DO UPDATE SET payload = excluded.payload",
        outbox,
    )


def _write_gaps(cursor: Cursor, stream: str, steps: Sequence[SymbolStep]) -> None:
    rows = [
        (stream, pane.symbol, gap.from_id, pane.exchange, gap.to_id, gap.reason, to_datetime(gap.clock))
        for step in steps
        for pane in step.panes
        for gap in pane.gaps
    ]
    _insert(
        cursor,
        "INSERT INTO feed_gaps (stream, symbol, from_id, exchange, to_id, reason, clock) VALUES %s "
        "ON CONFLICT (stream, symbol, from_id) DO NOTHING",
        rows,
    )


def _write_symbols(cursor: Cursor, stream: str, steps: Sequence[SymbolStep]) -> None:
    rows = [
        (
            stream,
            step.state.symbol,
            step.state.exchange,
            step.state.partition,
            to_datetime(step.state.origin),
            to_datetime(step.state.clock),
            step.state.last_id,
            to_datetime(step.state.panes_closed_through),
            to_datetime(step.state.windows_closed_through),
            None if step.state.traded_at is None else to_datetime(step.state.traded_at),
        )
        for step in steps
    ]
    _insert(
        cursor,
        "INSERT INTO crypto_symbols (stream, symbol, exchange, partition, origin, clock, last_id, "
        "panes_closed_through, windows_closed_through, traded_at) VALUES %s "
        "ON CONFLICT (stream, symbol) DO UPDATE SET clock = excluded.clock, last_id = excluded.last_id, "
        "panes_closed_through = excluded.panes_closed_through, "
        "windows_closed_through = excluded.windows_closed_through, traded_at = excluded.traded_at",
        rows,
    )


def _write_detector_states(cursor: Cursor, stream: str, step: BatchStep, detectors: Sequence[Detector]) -> None:
    rows = [
        (
            stream,
            moved.symbol,
            moved.detector.name,
            moved.detector.version,
            to_datetime(moved.through),
            orjson.dumps(moved.detector.stored(moved.state)).decode(),
        )
        for moved in moved_detectors(step, detectors)
    ]
    _insert(
        cursor,
        "INSERT INTO crypto_detector_state (stream, symbol, detector, version, through, state) VALUES %s "
        "ON CONFLICT (stream, symbol, detector) DO UPDATE SET "
        "version = excluded.version, through = excluded.through, state = excluded.state",
        rows,
    )


def _refresh_rollups(cursor: Cursor, stream: str, steps: Sequence[SymbolStep], geometry: Geometry) -> None:
    closed = [
        (pane.symbol, to_datetime(pane.start))
        for step in steps
        for pane in step.panes
        if pane.start + geometry.pane <= step.state.panes_closed_through
    ]
    if closed:
        symbols, starts = zip(*closed, strict=True)
        cursor.execute("SELECT crypto_refresh_rollups_of_panes(%s, %s, %s)", (stream, list(symbols), list(starts)))


def _values(columns: Iterable[str], value: object, names: Mapping[str, str] | None = None) -> tuple[Any, ...]:
    """A value's fields in the order of the columns, in the types that psycopg2 writes."""
    result = []
    for column in columns:
        item = getattr(value, (names or {}).get(column, TIMES.get(column, column)))
        if column in TIMES and item is not None:
            item = to_datetime(item)
        elif isinstance(item, dict):
            item = orjson.dumps(item).decode()
        elif isinstance(item, tuple):
            item = list(item)
        result.append(item)
    return tuple(result)


def _insert(cursor: Cursor, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        execute_values(cursor, statement, rows, page_size=1000)
