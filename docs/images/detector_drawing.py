"""How the pictures of detectors are drawn: price, volume and score on one axis of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator
from PIL import Image

from cryptostream_backtest.replaying import ToldAlert
from cryptostream_evaluation.plan import LIVE_START
from cryptostream_evaluation.run import GEOMETRY
from cryptostream_evaluation.sizes import SIZES
from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.evidence.detector import EvidenceDetector
from cryptostream_job.detectors.robust_detector import RobustDetector
from cryptostream_job.model import Pane
from cryptostream_model.palette import DOWN, GRID, HISTORY, INK, MUTED, PAPER, UP, VWAP
from cryptostream_simulator.events import SECOND, MarketEvent

ONSET = 900
"""Seconds after the live start."""
SHOWN = (-210, 450)
"""Seconds around the onset."""
COLOURS = 64
PART_COLOURS = (MUTED, VWAP, DOWN)
PLAIN = {"trades": "trades", "size": "size of a trade", "side": "one-sidedness", "range": "range", "move": "move"}


@dataclass(frozen=True, slots=True)
class Score:
    """A pane's or window's score at its end (seconds after the onset), and what each statistic adds to it."""

    at: float
    value: float
    parts: dict[str, float]


def draw(
    detector: Detector,
    event: MarketEvent,
    panes: Sequence[Pane],
    told: ToldAlert,
    scores: Sequence[Score],
    path: Path,
) -> None:
    """Write the picture: the event shaded, the alert as a bar above the score."""
    with rc_context({"font.size": 9}):
        figure = Figure(figsize=(8, 4.8), dpi=100, facecolor=PAPER, layout="constrained")
        price, volume, score = figure.subplots(3, 1, sharex=True, height_ratios=(4, 1.5, 4))
        size = f"{event.size:g} {SIZES[event.type].unit} over {event.seconds} s"
        title = f"{detector.name}, {event.symbol} simulated: {event.type.replace('_', ' ')} of {size}"
        figure.suptitle(title, size=10.5, color=INK)
        for axes in (price, volume, score):
            style(axes)
            axes.axvspan(0, event.seconds, color=HISTORY, linewidth=0, zorder=0)
        draw_market(price, volume, [pane for pane in panes if SHOWN[0] <= after_onset(pane.start) < SHOWN[1]])
        draw_score(score, detector, told, scores)
        price.text(event.seconds / 2, 1, "event", color=MUTED, ha="center", transform=price.get_xaxis_transform())
        score.set_xlim(*SHOWN)
        figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False, labelcolor=MUTED)
        score.set_xlabel("seconds after the event's onset", color=MUTED)
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """In few colours: a third of the bytes."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png")
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def style(axes: Axes) -> None:
    """The looks of `cryptostream plot`."""
    axes.set_facecolor(PAPER)
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_market(price: Axes, volume: Axes, panes: Sequence[Pane]) -> None:
    """A candle a pane, and its quote volume: bought by takers below, sold by them above."""
    width = GEOMETRY.pane / SECOND
    for pane in panes:
        if pane.open is None or pane.close is None or pane.high is None or pane.low is None:
            continue
        left, middle = after_onset(pane.start), after_onset(pane.start) + width / 2
        rises = pane.close >= pane.open
        bottom, top = sorted((float(pane.open), float(pane.close)))
        colour = UP if rises else DOWN
        box = [
            (left + 1.5, bottom),
            (left + width - 1.5, bottom),
            (left + width - 1.5, top),
            (left + 1.5, top),
        ]
        wicks = [((middle, float(pane.low)), (middle, bottom)), ((middle, top), (middle, float(pane.high)))]
        price.add_collection(LineCollection(wicks, colors=colour, linewidths=1.0))
        price.add_collection(
            PolyCollection([box], facecolors=PAPER if rises else colour, edgecolors=colour, linewidths=1.0)
        )
        bought = pane.taker_buy_quote_volume
        volume.bar(middle, bought, width - 3, color=UP)
        volume.bar(middle, pane.quote_volume - bought, width - 3, bottom=bought, color=DOWN)
    price.autoscale_view()
    price.set_ylabel("price", color=MUTED)
    volume.set_ylabel("volume", color=MUTED)
    volume.yaxis.set_major_formatter(EngFormatter(sep=""))
    volume.yaxis.set_major_locator(MaxNLocator(2))


def draw_score(axes: Axes, detector: Detector, told: ToldAlert, scores: Sequence[Score]) -> None:
    """The score at the end of each pane or window, the levels that it meets, and the alert."""
    alert = told.alert
    names = list(next((each.parts for each in scores if each.parts), {}))
    if len(names) > 1:
        for name, colour in zip(names, PART_COLOURS, strict=False):
            label = PLAIN[name.rstrip("0123456789")]
            axes.plot(
                [each.at for each in scores],
                [each.parts.get(name, 0.0) for each in scores],
                color=colour,
                linewidth=1.0,
                label=f"of it: {label}",
            )
    axes.plot(
        [each.at for each in scores],
        [each.value for each in scores],
        color=UP,
        marker="o",
        markersize=3,
        linewidth=1.6,
        label=f"score at the end of a {detector.folds[:-1]}",
        zorder=4,
    )
    rearm = rearm_of(detector)
    highest = max(each.value for each in scores)
    axes.axhline(alert.threshold, color=INK, linewidth=1, linestyle="--", label=f"threshold {alert.threshold:g}")
    axes.axhline(rearm, color=INK, linewidth=1, linestyle=":", label=f"re-arm {rearm:g}")
    bar = highest * 1.14
    axes.plot(
        [after_onset(alert.window_start), after_onset(alert.last_window_end)],
        [bar, bar],
        color=INK,
        linewidth=5,
        solid_capstyle="butt",
    )
    axes.plot([after_onset(told.told)], [bar], marker="o", markersize=7, color=PAPER, markeredgecolor=INK, zorder=5)
    axes.annotate(
        f"alert, told after {after_onset(told.told):.0f} s",
        (after_onset(alert.last_window_end), bar),
        (9, 0),
        textcoords="offset points",
        va="center",
        color=INK,
    )
    axes.set_ylim(min(0.0, highest), highest * 1.26)
    axes.set_ylabel("score", color=MUTED)


def rearm_of(detector: Detector) -> float:
    """Score below which a pane or window does not belong to an episode."""
    if isinstance(detector, EvidenceDetector):
        return detector.rearm
    if isinstance(detector, RobustDetector):
        return detector.rules.rearm
    raise TypeError(f"{detector.name} has no level below which it re-arms")


def after_onset(time: int) -> float:
    """Seconds after the event's onset of a time in UTC microseconds."""
    return (time - LIVE_START) / SECOND - ONSET
