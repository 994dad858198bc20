"""Volume surge: a window's quote volume is far above that of recent windows."""

import math

from cryptostream_job.detectors.robust_detector import RobustDetector
from cryptostream_job.detectors.settings import VolumeSurgeSettings
from cryptostream_job.model import Window

NAME = "volume_surge"
VERSION = 1


def log_quote_volume(window: Window) -> float | None:
    """``ln`` of the quote volume; None without trades.

    Windows without trades are left out of the baseline rather than counted as tiny volumes: on a quiet pair every
    ordinary trade would be a surge against them.
    """
    return math.log(window.quote_volume) if 0 < window.quote_volume < math.inf else None


def volume_surge(settings: VolumeSurgeSettings, stream: str) -> RobustDetector:
    """``(x - median(x)) / scale``, ``x = ln(quote volume)`` of a window; only rises count.

    Units: x in natural logarithms of quote currency, the score in robust standard deviations;
    ``exp(threshold x scale_floor)`` is the smallest factor over the median that can fire. Source: z-score of log
    volume against past windows of equal length (KX for Surveillance; Kamps and Kleinberg 2018 for the factor of five).
    Parameters: VolumeSurgeSettings. An open window may fire early: its volume can only grow.

    When it is wrong: the baseline knows no hour of the day, so a steep opening of a session can fire; on a pair that
    trades a few times an hour single large orders fire; wash trades are volume like any other.
    """
    return RobustDetector(
        name=NAME,
        version=VERSION,
        stream=stream,
        measure=log_quote_volume,
        two_sided=False,
        logarithmic=True,
        scale_floor=settings.scale_floor,
        baseline_windows=settings.baseline_windows,
        warm_up_windows=settings.warm_up_windows,
        rules=settings.rules,
    )
