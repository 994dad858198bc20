"""A small finished stream: records in a real topic, and the rows that a right job would have written."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg2
from confluent_kafka import Producer
from psycopg2.extras import execute_values
from typer import Typer
from typer.testing import CliRunner, Result

from cryptostream_job.alerts import alert_to_json
from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.fold import fold_closed
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.grid import grid_panes
from cryptostream_job.model import Alert, Geometry, Pane, Window
from cryptostream_local.topics import create_topics
from cryptostream_model.records import Gap, Record
from cryptostream_model.streams import StreamName, partition_of
from cryptostream_sql.migrate import migrate
from cryptostream_verify.command import verify
from harness.naive_stream import SECOND, NaiveSymbol, compute, market

GEOMETRY = Geometry(2 * SECOND, 2 * SECOND, 8 * SECOND, SECOND)
PARTITIONS = 2
_QUICK = {"warmUpWindows": 5, "baselineWindows": 10, "cooldownWindows": 2}
_OFF = {"enabled": False}
DETECTORS = {
    "priceSpike": {**_QUICK, "threshold": 7},
    "volumeSurge": _OFF,
    "volatilityBurst": {**_QUICK, "threshold": 4.5},
    "priceJump": {"warmUpPanes": 10, "cooldownPanes": 3},
    "tradeSurge": _OFF,
    "pumpStart": _OFF,
    "rangeBurst": _OFF,
}
_TIMES = {"pane_start", "pane_end", "window_start", "window_end", "first_clock", "clock", "last_window_end", "ended"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def markets() -> dict[str, list[Record]]:
    """Two symbols of 60 s, one of them with a price spike after 40 s."""
    return {
        "BTCUSDT": market("BTCUSDT", 1, seconds=60, spike_at=40),
        "PEPEUSDT": market("PEPEUSDT", 2, seconds=60, rate=1.5, price="0.00001000"),
    }


@dataclass
class World:
    """One stream. ``publish`` writes the topic, ``store`` the database as computed from ``records``."""

    stream: StreamName
    bootstrap: str
    database_url: str
    records: dict[str, list[Record]] = field(default_factory=markets)

    def __post_init__(self) -> None:
        create_topics(self.bootstrap, self.stream, PARTITIONS)
        migrate(self.database_url)

    def producer(self) -> Producer:
        settings = {"bootstrap.servers": self.bootstrap, "transactional.id": self.stream.transactional_id(0)}
        producer = Producer(settings)
        producer.init_transactions(30)
        return producer

    def publish(self, records: Iterable[Record]) -> None:
        """Write records in one transaction, each to its symbol's partition."""
        producer = self.producer()
        producer.begin_transaction()
        self.produce(producer, records)
        producer.commit_transaction(30)

    def produce(self, producer: Producer, records: Iterable[Record]) -> None:
        for record in records:
            producer.produce(
                self.stream.trades_topic,
                record.to_json(),
                record.symbol,
                partition_of(record.symbol, PARTITIONS),
                timestamp=record.clock // 1000,
            )
        producer.flush(30)

    def publish_all(self) -> None:
        self.publish(record for symbol in self.records for record in self.records[symbol])

    def store(self) -> None:
        """Write what a right job would have written, alerts published too."""
        detectors = build_detectors(DetectorSettings.model_validate(DETECTORS), GEOMETRY, self.stream)
        connection = psycopg2.connect(self.database_url)
        with connection, connection.cursor() as cursor:
            lengths = [timedelta(microseconds=us) for us in (2 * SECOND, 2 * SECOND, 8 * SECOND, SECOND)]
            cursor.execute(
                'INSERT INTO crypto_writers (stream, epoch, pane, slide, "window", allowed_lateness) '
                "VALUES (%s, 1, %s, %s, %s, %s)",
                (str(self.stream), *lengths),
            )
            for symbol, records in self.records.items():
                self._store_symbol(cursor, symbol, records, detectors)
        connection.close()

    def execute(self, statement: str, *values: Any) -> int:
        """Change the database; returns how many rows were touched."""
        connection = psycopg2.connect(self.database_url)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            touched = int(cursor.rowcount)
        connection.close()
        return touched

    def verify(self, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
        """Exit status and report of ``verify --json``."""
        result = self.run("--json", *arguments, **environment)
        return result.exit_code, json.loads(result.stdout)

    def run(self, *arguments: str, **environment: str) -> Result:
        """Run the command."""
        app = Typer(add_completion=False)
        app.command()(verify)
        settings = {
            "CRYPTOSTREAM_NAMESPACE": self.stream.namespace,
            "CRYPTOSTREAM_NAME": self.stream.name,
            "CRYPTOSTREAM_KAFKA_BOOTSTRAP": self.bootstrap,
            "CRYPTOSTREAM_DATABASE_URL": self.database_url,
            "CRYPTOSTREAM_DETECTORS": json.dumps(DETECTORS),
            **environment,
        }
        return CliRunner().invoke(app, list(arguments), env=settings)

    def _store_symbol(self, cursor: Any, symbol: str, records: list[Record], detectors: Sequence[Detector]) -> None:
        naive = compute(records, GEOMETRY, partition_of(symbol, PARTITIONS))
        self._insert(cursor, "crypto_symbols", [self._symbol_row(symbol, naive)])
        self._insert(cursor, "crypto_panes", naive.panes)
        self._insert(cursor, "crypto_windows", [_window_row(window) for window in naive.windows])
        gaps = [
            {
                "symbol": symbol,
                "from_id": gap.from_id,
                "to_id": gap.to_id,
                "exchange": gap.exchange,
                "reason": gap.reason,
                "clock": gap.clock,
            }
            for gap in records
            if isinstance(gap, Gap)
        ]
        self._insert(cursor, "feed_gaps", gaps)
        alerts = alerts_of(detectors, grid_of(naive), naive.windows)
        self._insert(cursor, "crypto_alerts", [_alert_row(alert) for alert in alerts])
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for alert in alerts:
            if not alert.backfilled:
                producer.produce(self.stream.alerts_topic, alert_to_json(alert, 1, self.stream), alert.id)
        assert producer.flush(30) == 0

    def _symbol_row(self, symbol: str, naive: NaiveSymbol) -> dict[str, Any]:
        return {
            "symbol": symbol,
            "exchange": "binance",
            "partition": partition_of(symbol, PARTITIONS),
            "origin": at(naive.origin),
            "clock": naive.clock,
            "last_id": naive.last_id,
            "panes_closed_through": at(naive.clock - 3 * SECOND),
            "windows_closed_through": at(naive.clock - 3 * SECOND),
        }

    def _insert(self, cursor: Any, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            names = ", ".join(f'"{name}"' for name in rows[0])
            values = [
                (str(self.stream), *(at(value) if name in _TIMES else value for name, value in row.items()))
                for row in rows
            ]
            execute_values(cursor, f"INSERT INTO {table} (stream, {names}) VALUES %s", values)


def at(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def alerts_of(detectors: Sequence[Detector], panes: Sequence[Pane], windows: Sequence[Window]) -> list[Alert]:
    """The last form of each alert."""
    _, alerts = fold_closed(detectors, {}, panes, windows)
    return list({alert.id: alert for alert in alerts}.values())


def grid_of(naive: NaiveSymbol) -> list[Pane]:
    """The closed panes from the origin on, empty ones too."""
    panes = {
        row["pane_start"]: Pane(
            start=row["pane_start"], **{name: row[name] for name in Pane.__dataclass_fields__ if name in row}
        )
        for row in naive.panes
    }
    closed_through = naive.clock - GEOMETRY.allowed_lateness
    starts = range(naive.origin, closed_through - GEOMETRY.pane + 1, GEOMETRY.pane)
    first = naive.panes[0]
    return grid_panes(panes, starts, first["symbol"], first["exchange"])


def _window_row(window: Window) -> dict[str, Any]:
    names = {"start": "window_start", "end": "window_end"}
    return {names.get(name, name): getattr(window, name) for name in Window.__dataclass_fields__}


def _alert_row(alert: Alert) -> dict[str, Any]:
    row = {name: getattr(alert, name) for name in Alert.__dataclass_fields__}
    return {**row, "details": orjson.dumps(alert.details).decode(), "revision": 1}
