"""Pump start: many trades, one-sided and moving the price."""

from cryptostream_job.detectors.evidence.detector import EvidenceDetector
from cryptostream_job.detectors.evidence.statistics import move, one_sidedness, trade_rate
from cryptostream_job.detectors.settings import PumpStartSettings
from cryptostream_job.model import Geometry

NAME = "pump_start"
VERSION = 1


def pump_start(settings: PumpStartSettings, geometry: Geometry, stream: str) -> EvidenceDetector:
    """``sqrt(trades6^2 + move6^2 + side6^2)`` over six panes, up to 8, 30 and 8: how a pump begins, how it ends, and
    momentum ignition.

    Source: the features of La Morgia et al. (2020), trades and price against a moving past, with the takers' side in
    place of rush orders, which not every feed tells.

    When it is wrong: a sharp move on news is one-sided and busy too; it says how trading looks, not who wants what.
    """
    return EvidenceDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        pane=geometry.pane,
        statistics=((trade_rate(6), 8.0), (move(6), 30.0), (one_sidedness(6), 8.0)),
        threshold=settings.threshold,
        rearm=settings.rearm,
        warm_up=settings.warm_up_panes,
        cooldown=settings.cooldown_panes,
        direction_panes=6,
    )
