"""Micro-batches under watch of the detectors: one that raises or is slow is switched off, and nothing else suffers."""

from collections.abc import Mapping, Sequence

from cryptostream_job.batch import BatchStep, advance
from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.failure import DetectorFailedError
from cryptostream_job.detectors.timed import TimedDetector, timed
from cryptostream_job.metrics import JobMetrics
from cryptostream_job.model import Geometry, Pane
from cryptostream_job.state import FormerAlerts, StreamState
from cryptostream_model.logs import get_logger

_log = get_logger(__name__)
SLOW_CALL = 0.02
"""Seconds for a pane or window, on average over a batch: some two hundred times what a detector takes."""
SLOW_BATCH = 0.5
"""Seconds in a batch, below which no detector is slow."""
SLOW_BATCHES = 3
"""Batches in a row after which one that is slow is switched off: a single one may have waited for the processor."""


class WatchedDetectors:
    """Those that still run, of a query's. What is switched off stays so until the query starts again.

    An alert of one that was switched off ends or is withdrawn as if it had been disabled.
    """

    def __init__(self, detectors: Sequence[Detector], metrics: JobMetrics) -> None:
        self._metrics = metrics
        self._running = {detector.name: timed(detector) for detector in detectors}
        self._slow = dict.fromkeys(self._running, 0)
        for name in self._running:
            metrics.detector_off.labels(name).set(0)

    @property
    def running(self) -> list[TimedDetector]:
        return list(self._running.values())

    def advance(
        self,
        state: StreamState,
        changed: Mapping[str, Sequence[Pane]],
        geometry: Geometry,
        former_alerts: FormerAlerts | None = None,
    ) -> BatchStep:
        """The batch as a pure step of the detectors that run, tried again without each that raises."""
        while True:
            try:
                step = advance(state, changed, geometry, self.running, former_alerts)
            except DetectorFailedError as failure:
                self._switch_off(failure.detector, f"on {failure.symbol}: {failure.reason}", failure)
                continue
            self._take_times()
            return step

    def _take_times(self) -> None:
        for detector in self.running:
            seconds, calls = detector.taken()
            self._metrics.detector_seconds.labels(detector.name).inc(seconds)
            slow = seconds >= SLOW_BATCH and seconds >= SLOW_CALL * calls
            self._slow[detector.name] = self._slow[detector.name] + 1 if slow else 0
            if self._slow[detector.name] >= SLOW_BATCHES:
                self._switch_off(
                    detector.name, f"slow in {SLOW_BATCHES} batches in a row, {seconds / calls:.3f} s a pane or window"
                )

    def _switch_off(self, name: str, reason: str, failure: DetectorFailedError | None = None) -> None:
        del self._running[name]
        self._metrics.detector_off.labels(name).set(1)
        _log.error(
            "detector switched off until the next start",
            detector=name,
            reason=reason,
            exc_info=None if failure is None else failure.__cause__,
        )
