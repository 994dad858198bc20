"""Range burst: prices range much further within panes than before."""

import math

from cryptostream_job.detectors.evidence.detector import EvidenceDetector
from cryptostream_job.detectors.evidence.statistics import reach
from cryptostream_job.detectors.settings import RangeBurstSettings
from cryptostream_job.model import Geometry

NAME = "range_burst"
VERSION = 1


def range_burst(settings: RangeBurstSettings, geometry: Geometry, stream: str) -> EvidenceDetector:
    """``range6``: the log of the mean range of a pane's price over six panes, in standard deviations.

    Source: Parkinson (1980): the range tells volatility with a fifth of the variance of a squared return.

    When it is wrong: the bounce between bid and ask is range, so a spread that widens is a burst; volatility that
    doubles within minutes of its own accord comes close to it.
    """
    return EvidenceDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        pane=geometry.pane,
        statistics=((reach(6), math.inf),),
        threshold=settings.threshold,
        rearm=settings.rearm,
        warm_up=settings.warm_up_panes,
        cooldown=settings.cooldown_panes,
    )
