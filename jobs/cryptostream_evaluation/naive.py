"""Rules of similar projects, for comparison: over the same windows, known when they close.

Each is given a pause: firing windows that follow each other within it are one alarm, as they are one episode for the
detectors. Without it each would have tens of alarms an event.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cryptostream_evaluation.alarms import Alarm, spaced
from cryptostream_evaluation.plan import LIVE_START
from cryptostream_job.model import Geometry, Window

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

TEN_MINUTES = 600_000_000
PAUSE_WINDOWS = 10
HOUR = 3_600_000_000


def fixed_mean(windows: Sequence[Window], _: Geometry) -> Booleans:
    """``|z| > 3`` of the window's return against mean and standard deviation of the warm-up, fixed from then on."""
    closes, opens = _prices(windows, "close"), _prices(windows, "open")
    returns = np.log(closes / opens)
    past = returns[_ends(windows) <= LIVE_START]
    deviation = float(np.nanstd(past)) or 1.0
    fires: Booleans = np.abs(returns - np.nanmean(past)) > 3 * deviation
    return fires


def ten_minute_volume(windows: Sequence[Window], geometry: Geometry) -> Booleans:
    """Volume above 1.5 times the mean of the windows in the ten minutes before."""
    volume = np.array([window.quote_volume for window in windows])
    fires: Booleans = volume > 1.5 * _mean_before(volume, TEN_MINUTES // geometry.slide, geometry)
    return fires


def threshold_pump(price: float, volume: float, lag: int) -> Callable[[Sequence[Window], Geometry], Booleans]:
    """High and volume above their means over ``lag`` windows, after Kamps and Kleinberg (2018).

    ``price``, ``volume``: excess over the mean, 0.05 for 5 %. Theirs are candles of an hour; the excess of the price
    is scaled to the window by the square root of time, else it would never fire within minutes.
    """

    def rule(windows: Sequence[Window], geometry: Geometry) -> Booleans:
        scaled = price * (geometry.window / HOUR) ** 0.5
        panes = geometry.window // geometry.slide
        volumes = np.array([window.quote_volume for window in windows])
        closes, highs = _prices(windows, "close"), _prices(windows, "high")
        fires: Booleans = (highs > (1 + scaled) * _mean_before(closes, lag * panes, geometry)) & (
            volumes > (1 + volume) * _mean_before(volumes, lag * panes, geometry)
        )
        return fires

    return rule


RULES: dict[str, Callable[[Sequence[Window], Geometry], Booleans]] = {
    "z above 3, fixed mean": fixed_mean,
    "1.5 x ten-minute volume": ten_minute_volume,
    "Kamps-Kleinberg, initial": threshold_pump(0.05, 0.25, 12),
    "Kamps-Kleinberg, balanced": threshold_pump(0.05, 3.0, 12),
    "Kamps-Kleinberg, strict": threshold_pump(0.10, 4.0, 24),
}


def naive_alarms(name: str, windows: Sequence[Window], geometry: Geometry) -> list[Alarm]:
    """A rule's alarms over one symbol's closed windows, each at the time when its window closes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        fires = RULES[name](windows, geometry)
    times = [window.end + geometry.allowed_lateness for window, fired in zip(windows, fires, strict=True) if fired]
    return [Alarm(name, time) for time in spaced(times, PAUSE_WINDOWS * geometry.slide)]


def _mean_before(values: Floats, count: int, geometry: Geometry) -> Floats:
    """The mean of ``count`` values, the last of which belongs to a window that lies wholly before; else NaN."""
    overlapping = geometry.window // geometry.slide
    means = np.full(len(values), np.nan)
    sums = np.concatenate(([0.0], np.cumsum(np.nan_to_num(values))))
    first = count + overlapping - 1
    if len(values) > first:
        stop = np.arange(first, len(values)) - overlapping + 1
        means[first:] = (sums[stop] - sums[stop - count]) / count
    return means


def _ends(windows: Sequence[Window]) -> NDArray[np.int64]:
    return np.array([window.end for window in windows], dtype=np.int64)


def _prices(windows: Sequence[Window], name: str) -> Floats:
    values = [getattr(window, name) for window in windows]
    return np.array([np.nan if value is None else float(value) for value in values])
