"""Volatility burst: the realized volatility within a window is far above that of recent windows."""

import math

from cryptostream_job.detectors.robust_detector import Measure, RobustDetector
from cryptostream_job.detectors.settings import TWO_MINUTES, VolatilityBurstSettings
from cryptostream_job.model import Geometry, Window

NAME = "volatility_burst"
VERSION = 1


def log_volatility(quiet: float, panes: int) -> Measure:
    """``ln(max(realized volatility, quiet))`` as a measure, for windows of that many panes.

    None for a window with fewer trades than panes: a few prices make no volatility, and on a pair that trades
    once a minute their scatter would fire many times a day. ``quiet`` keeps the logarithm finite, and keeps a pair
    whose price stands still from firing at its first tick.
    """

    def measure(window: Window) -> float | None:
        volatility = window.realized_volatility
        if volatility is None or window.trades < panes or not math.isfinite(volatility):
            return None
        return math.log(max(volatility, quiet))

    return measure


def volatility_burst(settings: VolatilityBurstSettings, geometry: Geometry, stream: str) -> RobustDetector:
    """``(x - median(x)) / scale``, ``x = ln(realized volatility)`` over the panes of a window; only rises count.

    Units: x in natural logarithms of log-return units, the score in robust standard deviations. Source: realized
    volatility (Andersen and Bollerslev 1998), near log-normal, so its logarithm suits a z-score. Parameters:
    VolatilityBurstSettings; ``quiet_volatility`` grows with the square root of the window's length.

    When it is wrong: moves inside one pane do not show, only those between the closes of panes; with few panes in a
    window the measure is noisy; on a pair with a coarse price step the bounce between bid and ask is volatility.
    """
    return RobustDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        measure=log_volatility(
            settings.quiet_volatility * math.sqrt(geometry.window / TWO_MINUTES), geometry.window // geometry.pane
        ),
        two_sided=False,
        logarithmic=True,
        scale_floor=settings.scale_floor,
        baseline_windows=settings.baseline_windows,
        warm_up_windows=settings.warm_up_windows,
        rules=settings.rules,
    )
