"""Price spike: the return of a window is an outlier of recent returns."""

import math

from cryptostream_job.detectors.robust_detector import RobustDetector
from cryptostream_job.detectors.settings import TWO_MINUTES, PriceSpikeSettings
from cryptostream_job.model import Geometry, Window
from cryptostream_job.returns import log_return

NAME = "price_spike"
VERSION = 1


def window_return(window: Window) -> float | None:
    """``ln(close / open)`` of a window; None without trades."""
    if window.open is None or window.close is None or min(window.open, window.close) <= 0:
        return None
    return log_return(window.open, window.close)


def price_spike(settings: PriceSpikeSettings, geometry: Geometry, stream: str) -> RobustDetector:
    """``|x - median(x)| / scale``, ``x = ln(close / open)`` of a window, up and down alike.

    Units: x in natural logarithms of price, the score in robust standard deviations. Source: the modified z-score of
    Iglewicz and Hoaglin, with a scale floor (docs/detectors). Parameters: PriceSpikeSettings; the floor grows with
    the square root of the window's length, as a diffusion does.

    When it is wrong: a move that is taken back within one window leaves no return (a volatility burst shows it); a move
    of six volatilities of a pane is below two of a window of twelve panes, hence ordinary; news at a fixed hour is
    an outlier every day; on a pair whose price step exceeds the floor the first steps after a flat baseline fire.
    """
    return RobustDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        measure=window_return,
        two_sided=True,
        logarithmic=False,
        scale_floor=settings.scale_floor * math.sqrt(geometry.window / TWO_MINUTES),
        baseline_windows=settings.baseline_windows,
        warm_up_windows=settings.warm_up_windows,
        rules=settings.rules,
    )
