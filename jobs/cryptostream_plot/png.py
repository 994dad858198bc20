"""A chart as one PNG, drawn by matplotlib."""

import math
import warnings
from datetime import timedelta
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.gridspec import GridSpec

from cryptostream_plot import labels
from cryptostream_plot.chart import Chart
from cryptostream_plot.intervals import Interval, longer_interval
from cryptostream_plot.palette import INK, MUTED, PAPER
from cryptostream_plot.png_legend import draw_legend
from cryptostream_plot.png_panels import SymbolPanels, draw_symbol

WIDTH = 1600
"""Pixels."""
MOST_SYMBOLS = 48
_DPI = 100
_HEAD, _FOOT = 96, 44
_LEFT, _RIGHT, _BETWEEN = 84, 22, 92
_TITLE = 34
"""Pixels above a symbol's panels for its name."""
_PIXELS_A_CANDLE = 4
# Symbols may be written in any script; matplotlib's own font has no Chinese, Japanese or Korean.
_FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei")


def write_png(chart: Chart, path: Path) -> Path:
    """Write the picture, 1600 pixels wide and as high as its symbols need; of more than 48 symbols the first are drawn.

    Returns the path; its folder is created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    installed = set(get_font_names())
    with rc_context({"font.family": [name for name in _FONTS if name in installed], "font.size": 10.5}):
        figure = _draw(chart)
        with warnings.catch_warnings():
            # A glyph that no font has is drawn as a box; there is nothing that a user could do here and now.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(path, format="png", dpi=_DPI)
    return path


def _draw(chart: Chart) -> Figure:
    shown = chart.symbols[:MOST_SYMBOLS]
    columns = 1 if len(shown) <= 4 else 2 if len(shown) <= 12 else 3
    rows = math.ceil(len(shown) / columns)
    row_height = {1: 560 if rows == 1 else 380, 2: 320, 3: 270}[columns]
    height = _HEAD + rows * row_height + _FOOT
    figure = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor=PAPER)
    panel_width = (WIDTH - _LEFT - _RIGHT - (columns - 1) * _BETWEEN) / columns
    interval = _drawn_interval(chart, panel_width)
    _draw_head(figure, chart, interval.length, len(shown), height)
    for number, symbol in enumerate(shown):
        row, column = divmod(number, columns)
        left = _LEFT + column * (panel_width + _BETWEEN)
        top = height - _HEAD - row * row_height - _TITLE
        bottom = top - row_height + _TITLE + 40
        grid = GridSpec(
            3,
            1,
            figure=figure,
            left=left / WIDTH,
            right=(left + panel_width) / WIDTH,
            top=top / height,
            bottom=bottom / height,
            height_ratios=[0.13, 0.62, 0.25],
            hspace=0.03,
        )
        lane = figure.add_subplot(grid[0])
        price: Axes = figure.add_subplot(grid[1], sharex=lane)
        volume: Axes = figure.add_subplot(grid[2], sharex=lane)
        draw_symbol(SymbolPanels(lane, price, volume), chart, symbol, interval, panel_width)
    return figure


def _drawn_interval(chart: Chart, panel_width: float) -> Interval:
    candles = chart.interval.count(chart.start, chart.end)
    length = longer_interval(chart.interval.length, candles, int(panel_width // _PIXELS_A_CANDLE))
    return Interval(length, chart.interval.rollup)


def _draw_head(figure: Figure, chart: Chart, length: timedelta, shown: int, height: int) -> None:
    left = _LEFT / WIDTH
    more = f" · {shown} of {len(chart.symbols)} symbols" if shown < len(chart.symbols) else ""
    figure.text(
        left, 1 - 26 / height, labels.title(chart), size=16, weight="bold", color=INK, va="center", parse_math=False
    )
    figure.text(
        1 - _RIGHT / WIDTH,
        1 - 26 / height,
        f"{labels.candles_of(length)}{more}",
        size=11,
        color=MUTED,
        va="center",
        ha="right",
    )
    draw_legend(figure, chart, top=1 - 46 / height, left=left)
