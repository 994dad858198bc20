"""A detector that raises or is slow disables itself, is reported, and changes nothing of what the others find."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from structlog.testing import capture_logs

from cryptostream_job import watched
from cryptostream_job.batch import BatchStep
from cryptostream_job.detectors import timed
from cryptostream_job.detectors.base import Detector, DetectorState, StoredState
from cryptostream_job.metrics import JobMetrics
from cryptostream_job.model import Alert, Pane
from cryptostream_job.state import StreamState
from cryptostream_job.watched import SLOW_BATCHES, WatchedDetectors
from harness.market_windows import GEOMETRY, detectors_of
from harness.stored_market import market_panes

JUMP = {180: 0.01}
PANES = 240


@dataclass(slots=True)
class Clock:
    """Stands still but for what is added to it."""

    now: float = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    standing = Clock()
    monkeypatch.setattr(timed.time, "perf_counter", standing.perf_counter)
    yield standing


@dataclass(frozen=True, slots=True)
class Troublesome:
    """Folds panes and finds nothing; ``trouble`` is called for each one that closes."""

    trouble: Callable[[Pane], Any]
    name: str = "troublesome"
    version: int = 1
    folds: Literal["panes"] = "panes"

    def initial_state(self) -> DetectorState:
        return {"panes": 0}

    def stored(self, state: DetectorState) -> StoredState:
        return dict(state)

    def restored(self, stored: StoredState) -> DetectorState:
        return stored

    def step(self, state: DetectorState, closed: Pane, /) -> tuple[DetectorState, list[Alert]]:
        self.trouble(closed)
        return {"panes": state["panes"] + 1}, []

    def provisional(self, state: DetectorState, still_open: Pane, /) -> Alert | None:
        return None


@dataclass(slots=True)
class Run:
    """Micro-batches of one pane each."""

    watch: WatchedDetectors
    metrics: JobMetrics
    state: StreamState = field(default_factory=dict)
    steps: list[BatchStep] = field(default_factory=list)

    def through(self, panes: Sequence[Pane]) -> "Run":
        for pane in panes:
            step = self.watch.advance(self.state, {pane.symbol: [pane]}, GEOMETRY)
            self.state = step.next_state(self.state)
            self.steps.append(step)
        return self

    @property
    def names(self) -> list[str]:
        return [detector.name for detector in self.watch.running]

    @property
    def alerts(self) -> list[object]:
        return [change for step in self.steps for moved in step.symbols.values() for change in moved.alerts]

    def metric(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, {"detector": "troublesome"})


def run_with(*detectors: Detector) -> Run:
    metrics = JobMetrics()
    return Run(WatchedDetectors(detectors, metrics), metrics)


def test_one_that_raises_is_switched_off_and_the_others_find_what_they_find_without_it() -> None:
    panes = market_panes("BTCUSDT", PANES, moves=JUMP)
    others = detectors_of()

    def fail(pane: Pane) -> None:
        if pane.start >= panes[100].start:
            raise ZeroDivisionError("no trades")

    alone = run_with(*others).through(panes)
    with capture_logs() as logs:
        beside = run_with(Troublesome(fail), *others).through(panes)
    assert alone.alerts
    assert beside.alerts == alone.alerts
    assert beside.names == [detector.name for detector in others]
    assert beside.metric("cryptostream_job_detector_off") == 1
    (reported,) = [line for line in logs if line["log_level"] == "error"]
    assert reported["detector"] == "troublesome"
    assert reported["reason"] == "on BTCUSDT: ZeroDivisionError: no trades"


def test_one_that_is_slow_in_one_batch_stays_and_in_several_in_a_row_goes(clock: Clock) -> None:
    panes = market_panes("BTCUSDT", 60)
    slow: set[int] = {panes[10].start, *(pane.start for pane in panes[20 : 20 + SLOW_BATCHES])}

    def dawdle(pane: Pane) -> None:
        clock.now += watched.SLOW_BATCH if pane.start in slow else 0.0

    run = run_with(Troublesome(dawdle))
    # A pane closes with the lateness, in the batch of the next one.
    run.through(panes[: 20 + SLOW_BATCHES])
    assert run.names == ["troublesome"]
    assert run.metric("cryptostream_job_detector_off") == 0
    run.through(panes[20 + SLOW_BATCHES :])
    assert run.names == []
    assert run.metric("cryptostream_job_detector_off") == 1
    assert run.metric("cryptostream_job_detector_seconds_total") == pytest.approx(
        (1 + SLOW_BATCHES) * watched.SLOW_BATCH
    )


def test_a_batch_that_catches_up_is_not_slow_by_its_size(clock: Clock) -> None:
    panes = market_panes("BTCUSDT", 600)

    def work(_: Pane) -> None:
        clock.now += 0.001

    run = run_with(Troublesome(work))
    for begin in range(0, 600, 100):
        step = run.watch.advance(run.state, {"BTCUSDT": panes[begin : begin + 100]}, GEOMETRY)
        run.state = step.next_state(run.state)
    assert run.names == ["troublesome"]


def test_one_that_was_switched_off_begins_anew_with_the_next_start() -> None:
    def fail(_: Pane) -> None:
        raise ValueError

    run = run_with(Troublesome(fail)).through(market_panes("BTCUSDT", 5))
    assert run.names == []
    again = WatchedDetectors([Troublesome(lambda _: None)], run.metrics)
    assert [detector.name for detector in again.running] == ["troublesome"]
    assert run.metric("cryptostream_job_detector_off") == 0
