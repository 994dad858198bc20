"""The detectors that are made of joint evidence.

Thresholds: each gives a quarter of an alarm a symbol-day on quiet tapes of the tuning seeds.
"""

from cryptostream_job.detectors.evidence.detector import EvidenceDetector, Weighed
from cryptostream_job.detectors.evidence.statistics import move, one_sidedness, reach, trade_rate, trade_size

_REARM = 0.5
_WARM_UP = 120
_COOLDOWN = 30
_UNLIMITED = 1_000.0


def price_jump(stream: str, pane: int, threshold: float = 7.5) -> EvidenceDetector:
    """A price that leaves its last close further than local volatility allows (Lee and Mykland 2008)."""
    return _detector(
        "price_jump", stream, pane, threshold, (move(1), _UNLIMITED), (trade_rate(1), 3.0), (one_sidedness(1), 3.0)
    )


def trade_surge(stream: str, pane: int, threshold: float = 8.25) -> EvidenceDetector:
    """Many trades and large ones at once over half a minute."""
    return _detector("trade_surge", stream, pane, threshold, (trade_rate(3), 8.0), (trade_size(3), 8.0))


def pump_start(stream: str, pane: int, threshold: float = 6.45) -> EvidenceDetector:
    """A minute of many trades, one-sided and moving the price: how a pump, its end or momentum ignition looks."""
    return _detector(
        "pump_start", stream, pane, threshold, (trade_rate(6), 8.0), (move(6), 30.0), (one_sidedness(6), 8.0)
    )


def range_burst(stream: str, pane: int, threshold: float = 4.4) -> EvidenceDetector:
    """A minute in which prices range much further within a pane than before."""
    return _detector("range_burst", stream, pane, threshold, (reach(6), _UNLIMITED))


def evidence_detectors(stream: str, pane: int) -> list[EvidenceDetector]:
    """All of them. ``pane``: its length in microseconds; the statistics are made for ten seconds."""
    return [make(stream, pane) for make in (price_jump, trade_surge, pump_start, range_burst)]


def _detector(name: str, stream: str, pane: int, threshold: float, *statistics: Weighed) -> EvidenceDetector:
    return EvidenceDetector(name, 1, stream, pane, statistics, threshold, _REARM * threshold, _WARM_UP, _COOLDOWN)
