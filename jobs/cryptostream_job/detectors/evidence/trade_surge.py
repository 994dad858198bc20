"""Trade surge: many trades and large ones at once."""

from cryptostream_job.detectors.evidence.detector import EvidenceDetector
from cryptostream_job.detectors.evidence.statistics import trade_rate, trade_size
from cryptostream_job.detectors.settings import TradeSurgeSettings
from cryptostream_job.model import Geometry

NAME = "trade_surge"
VERSION = 1


def trade_surge(settings: TradeSurgeSettings, geometry: Geometry, stream: str) -> EvidenceDetector:
    """``sqrt(trades3^2 + size3^2)`` over three panes, each up to eight: above eight it takes both.

    Busy minutes have many trades of the usual size, a single large order is one trade: only together are they rare.

    When it is wrong: an opening rush of large traders is one; a surge made of many small trades is not found; the score
    cannot exceed 11.3, so its alerts are of the severity ``info`` unless the threshold is lowered.
    """
    return EvidenceDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        pane=geometry.pane,
        statistics=((trade_rate(3), 8.0), (trade_size(3), 8.0)),
        threshold=settings.threshold,
        rearm=settings.rearm,
        warm_up=settings.warm_up_panes,
        cooldown=settings.cooldown_panes,
    )
