"""A driver without Spark: it takes a stream over and writes batches of panes to the database."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import psycopg2

from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.epoch import take_over
from cryptostream_job.load import load_stream_state
from cryptostream_job.metrics import JobMetrics
from cryptostream_job.model import GapSpan, Pane
from cryptostream_job.outbox import Outbox
from cryptostream_job.parts import JobParts
from cryptostream_job.settings import JobSettings
from cryptostream_job.state import StreamState
from cryptostream_job.status import Status
from cryptostream_job.writer import BatchWriter
from cryptostream_model.streams import StreamName
from harness.panes import GEOMETRY, SECOND, random_panes

START = 1_700_000_010 * SECOND
QUICK = {"volume_surge": {"warm_up_windows": 5, "threshold": 0.1, "scale_floor": 0.001, "cooldown_windows": 2}}


def market(count: int, first: int = 0) -> list[Pane]:
    panes = random_panes(1, "BTCUSDT", START, first + count)
    return [
        replace(pane, missing_ids=0, backfilled_trades=0)
        for pane in panes
        if pane.start >= START + first * GEOMETRY.pane
    ]


class Rows:
    """The rows of a micro-batch, as Spark hands them over."""

    def __init__(self, panes: Sequence[Pane]) -> None:
        self._panes = panes

    def collect(self) -> list["Row"]:
        panes = [Row(pane, None) for pane in self._panes]
        return [*panes, *(Row(pane, gap) for pane in self._panes for gap in pane.gaps)]


class Row:
    def __init__(self, pane: Pane, gap: GapSpan | None) -> None:
        self._pane, self._gap = pane, gap

    def asDict(self) -> dict[str, Any]:  # noqa: N802 - Spark's name
        fields = asdict(self._pane)
        del fields["gaps"]
        gap = self._gap
        return fields | {
            "gap": gap and {"fromId": gap.from_id, "toId": gap.to_id, "reason": gap.reason, "clock": gap.clock}
        }


class Driver:
    """A driver's tenure without Spark: it has taken the stream over and writes batches of panes."""

    def __init__(self, url: str, stream: StreamName, detectors: Mapping[str, Any] = QUICK) -> None:
        self.settings = JobSettings.load(
            namespace=stream.namespace, name=stream.name, database_url=url, checkpoint="unused", detectors=detectors
        )
        self.metrics, self.status, self.stopping = JobMetrics(), Status(), threading.Event()
        self.detectors = build_detectors(self.settings.detectors, GEOMETRY, stream)
        parts = JobParts(
            self.settings, self.detectors, self.metrics, self.status, Outbox(self.settings, self.metrics), self.stopping
        )
        connection = psycopg2.connect(url)
        epoch = take_over(connection, stream, GEOMETRY).epoch
        stored = load_stream_state(connection, stream, GEOMETRY, self.detectors)
        connection.close()
        self.loaded = stored.symbols
        self.writer = BatchWriter(parts, stored, epoch, "checkpoint-of-tests")

    def write(self, batch_id: int, panes: Sequence[Pane]) -> None:
        self.writer(Rows(panes), batch_id)  # type: ignore[arg-type]

    @property
    def state(self) -> StreamState:
        return self.writer._state
