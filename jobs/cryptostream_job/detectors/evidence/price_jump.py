"""Price jump: a price leaves its last close further than local volatility allows."""

import math

from cryptostream_job.detectors.evidence.detector import EvidenceDetector
from cryptostream_job.detectors.evidence.statistics import move, one_sidedness, trade_rate
from cryptostream_job.detectors.settings import PriceJumpSettings
from cryptostream_job.model import Geometry

NAME = "price_jump"
VERSION = 1


def price_jump(settings: PriceJumpSettings, geometry: Geometry, stream: str) -> EvidenceDetector:
    """``sqrt(move1^2 + trades1^2 + side1^2)``: the move of one pane over its local volatility, borne out by many trades
    on one side, which may add three standard deviations each.

    Source: Lee and Mykland (2008), with an exponentially weighted local variance in place of bipower variation.

    When it is wrong: news is a jump as well; on a pair whose price step exceeds its volatility single steps come close;
    a price that drifts away over minutes never jumps.
    """
    return EvidenceDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        pane=geometry.pane,
        statistics=((move(1), math.inf), (trade_rate(1), 3.0), (one_sidedness(1), 3.0)),
        threshold=settings.threshold,
        rearm=settings.rearm,
        warm_up=settings.warm_up_panes,
        cooldown=settings.cooldown_panes,
        direction_panes=1,
    )
