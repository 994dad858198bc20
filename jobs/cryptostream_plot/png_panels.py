"""A symbol's three panels: marks above, candles with VWAP, volume below."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cryptostream_model.palette import DOWN, GAP, GRID, HISTORY, INK, MUTED, PAPER, UP, VWAP
from cryptostream_plot import labels
from cryptostream_plot.chart import Candle, Chart, SymbolChart, merge_candles
from cryptostream_plot.intervals import Interval
from cryptostream_plot.palette import SEVERITY_SCALE, shapes

_Numbers = npt.NDArray[np.float64]
_MARKERS = {
    "triangle": "^",
    "square": "s",
    "diamond": "D",
    "circle": "o",
    "pentagon": "p",
    "star": "*",
    "hexagon": "h",
}
_WIDEST_BODY = 16
"""Pixels: few candles do not become blocks."""


@dataclass(frozen=True, slots=True)
class SymbolPanels:
    """Axes that share their time: one for the marks, one for prices, one for volumes."""

    marks: Axes
    price: Axes
    volume: Axes


def draw_symbol(panels: SymbolPanels, chart: Chart, symbol: SymbolChart, interval: Interval, width: float) -> None:
    """Draw a symbol with candles of an interval that may be longer than the chart's; ``width`` in pixels."""
    candles = merge_candles(symbol.candles, interval)
    slot = interval.length / (chart.end - chart.start) * width
    body = interval.length / timedelta(days=1) * min(0.72, _WIDEST_BODY / slot)
    for axes in (panels.marks, panels.price, panels.volume):
        _style(axes)
    panels.price.set_xlim(_day(chart.start), _day(chart.end))
    for span in symbol.over_rest:
        for axes in (panels.price, panels.volume):
            axes.axvspan(_day(span.start), _day(span.end), color=HISTORY, linewidth=0, zorder=0)
    for gap in symbol.gaps:
        for axes in (panels.price, panels.volume):
            axes.axvspan(_day(gap.start), _day(gap.end), facecolor="none", edgecolor=GAP, hatch="////", linewidth=0)
    if candles:
        _draw_candles(panels.price, candles, interval, body)
        _draw_volume(panels.volume, candles, interval, body)
        panels.price.plot(
            _days(symbol.vwap.times),
            [math.nan if each is None else each for each in symbol.vwap.prices],
            color=VWAP,
            linewidth=1.3,
            zorder=4,
        )
    else:
        panels.price.text(
            0.5, 0.5, "no trades in this range", transform=panels.price.transAxes, ha="center", va="center", color=MUTED
        )
    _draw_marks(panels, chart, symbol)
    _label(panels, symbol, width)


def mark_of(detector: str, detectors: Sequence[str], direction: str | None = None) -> str:
    """matplotlib's marker of a detector; a price that fell points down."""
    marker = _MARKERS[shapes(detectors)[detector]]
    return "v" if marker == "^" and direction == "down" else marker


def draw_mark(axes: Axes, x: float, y: float, alert_state: str, marker: str, size: float) -> None:
    """Confirmed: solid. Open: hollow. Withdrawn: hollow and crossed out."""
    fill = INK if alert_state == "confirmed" else PAPER
    axes.plot(
        [x], [y], marker=marker, markersize=size, markerfacecolor=fill, markeredgecolor=INK, clip_on=False, zorder=6
    )
    if alert_state == "withdrawn":
        axes.plot([x], [y], marker="x", markersize=size * 1.25, color=INK, clip_on=False, zorder=7)


def _draw_candles(axes: Axes, candles: Sequence[Candle], interval: Interval, body: float) -> None:
    for rises, colour in ((True, UP), (False, DOWN)):
        group = [candle for candle in candles if candle.rises == rises]
        if not group:
            continue
        middle = _days([candle.start + interval.length / 2 for candle in group])
        low, high = _floats(group, "low"), _floats(group, "high")
        bottom = np.minimum(_floats(group, "open"), _floats(group, "close"))
        top = np.maximum(_floats(group, "open"), _floats(group, "close"))
        wicks = [((x, a), (x, b)) for x, a, b in zip(middle, low, bottom, strict=True)]
        wicks += [((x, a), (x, b)) for x, a, b in zip(middle, top, high, strict=True)]
        axes.add_collection(LineCollection(wicks, colors=colour, linewidths=1.0, zorder=2))
        axes.add_collection(
            PolyCollection(
                _boxes(middle, bottom, top, body),
                facecolors=PAPER if rises else colour,
                edgecolors=colour,
                linewidths=1.0,
                zorder=3,
            )
        )
    lowest, highest = float(min(candle.low for candle in candles)), float(max(candle.high for candle in candles))
    room = (highest - lowest) * 0.06 or highest * 1e-4 or 1.0
    axes.set_ylim(lowest - room, highest + room)


def _draw_volume(axes: Axes, candles: Sequence[Candle], interval: Interval, body: float) -> None:
    middle = _days([candle.start + interval.length / 2 for candle in candles])
    bought = np.array([candle.taker_buy_quote_volume for candle in candles])
    sold = np.array([candle.taker_sell_quote_volume for candle in candles])
    for bottom, top, colour in ((np.zeros_like(bought), bought, UP), (bought, bought + sold, DOWN)):
        axes.add_collection(
            PolyCollection(_boxes(middle, bottom, top, body), facecolors=colour, linewidths=0, zorder=2)
        )
    axes.set_ylim(0, float((bought + sold).max()) * 1.08 or 1.0)


def _draw_marks(panels: SymbolPanels, chart: Chart, symbol: SymbolChart) -> None:
    rows = {detector: number for number, detector in enumerate(reversed(chart.detectors))}
    panels.marks.set_ylim(-0.6, max(1, len(rows)) - 0.4)
    for alert in symbol.alerts:
        x, y = _day(chart.clip(alert.window_end)), rows[alert.detector]
        until = _day(chart.clip(alert.ended or alert.last_window_end))
        panels.marks.plot([_day(chart.clip(alert.window_start)), until], [y, y], color=MUTED, linewidth=1.2, zorder=3)
        size = 7.0 * SEVERITY_SCALE[alert.severity]
        draw_mark(panels.marks, x, y, alert.state, mark_of(alert.detector, chart.detectors, alert.direction), size)
        if alert.state != "withdrawn":
            panels.price.axvline(x, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)


def _label(panels: SymbolPanels, symbol: SymbolChart, width: float) -> None:
    close = f"{labels.price(symbol.candles[-1].close)}  {labels.change(symbol.candles)}" if symbol.candles else ""
    panels.marks.set_title(symbol.symbol, loc="left", size=13, weight="bold", color=INK, pad=6, parse_math=False)
    panels.marks.set_title(close, loc="right", size=11, color=MUTED, pad=6)
    panels.marks.set_yticks([])
    panels.marks.grid(False)
    panels.marks.spines["bottom"].set_visible(False)
    decimals = labels.price_decimals(symbol.candles)
    panels.price.yaxis.set_major_locator(MaxNLocator(5, prune="both"))
    panels.price.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.{decimals}f}"))
    panels.volume.yaxis.set_major_locator(MaxNLocator(2))
    panels.volume.yaxis.set_major_formatter(FuncFormatter(lambda value, _: labels.amount(value)))
    locator = AutoDateLocator(  # type: ignore[no-untyped-call]
        tz=UTC, minticks=3, maxticks=max(4, int(width // 85))
    )
    panels.volume.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=UTC, show_offset=False)  # type: ignore[no-untyped-call]
    panels.volume.xaxis.set_major_formatter(formatter)
    for axes in (panels.marks, panels.price):
        axes.tick_params(labelbottom=False)


def _style(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.grid(True, color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=9.5, length=0, labelcolor=MUTED)
    for spine in axes.spines.values():
        spine.set_color(GRID)


def _boxes(middle: _Numbers, bottom: _Numbers, top: _Numbers, width: float) -> list[_Numbers]:
    """Rectangles as arrays of shape (4 corners, 2)."""
    left, right = middle - width / 2, middle + width / 2
    return list(np.stack([left, bottom, left, top, right, top, right, bottom], axis=1).reshape(-1, 4, 2))


def _floats(candles: Sequence[Candle], name: str) -> _Numbers:
    return np.array([float(getattr(candle, name)) for candle in candles])


def _days(times: Sequence[datetime]) -> _Numbers:
    """Times in matplotlib's unit."""
    return np.asarray(date2num(list(times)), dtype=np.float64)  # type: ignore[no-untyped-call]


def _day(time: datetime) -> float:
    return float(_days([time])[0])
