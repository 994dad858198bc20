"""A chart as one PNG, drawn by matplotlib."""

import logging
import math
import warnings
from datetime import timedelta
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.gridspec import GridSpec

from cryptostream_model.palette import INK, MUTED, PAPER
from cryptostream_plot import labels
from cryptostream_plot.chart import Chart, SymbolChart
from cryptostream_plot.intervals import Interval, longer_interval
from cryptostream_plot.png_legend import draw_legend
from cryptostream_plot.png_panels import SymbolPanels, draw_symbol

WIDTH = 1600
"""Pixels."""
MOST_SYMBOLS = 48
_DPI = 100
_HEAD, _FOOT = 72, 10
_RIGHT = 34
_NAME, _TIMES = 34, 36
"""Pixels above a symbol's panels for its name, below them for the times."""
_LANE, _LEAST_LANE = 17, 8
"""Pixels of a detector's row of marks, and of the panel around the rows."""
_DIGIT = 8
"""Pixels of a digit beside an axis."""
_TITLE_LENGTH = 100
"""Characters of the title that fit in full size."""
_PIXELS_A_CANDLE = 4
# Symbols may be written in any script; matplotlib's own font has no Chinese, Japanese or Korean.
_FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei")


def write_png(chart: Chart, path: Path) -> Path:
    """Write the picture, 1600 pixels wide and as high as its symbols need; of more than 48 symbols the first are drawn.

    Returns the path; its folder is created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # It tells of every font that lacks a weight.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
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
    row_height = {1: 580 if rows == 1 else 380, 2: 320, 3: 270}[columns]
    height = _HEAD + rows * row_height + _FOOT
    figure = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor=PAPER)
    left = max(70, 16 + _DIGIT * max(_axis_digits(symbol) for symbol in shown))
    width = (WIDTH - columns * (left + _RIGHT)) / columns
    interval = _drawn_interval(chart, width)
    _draw_head(figure, chart, interval.length, len(shown), height, left)
    lane = _LEAST_LANE + _LANE * len(chart.detectors)
    panels = row_height - _NAME - _TIMES
    for number, symbol in enumerate(shown):
        row, column = divmod(number, columns)
        x = left + column * (width + left + _RIGHT)
        top = height - _HEAD - row * row_height - _NAME
        grid = GridSpec(
            3,
            1,
            figure=figure,
            left=x / WIDTH,
            right=(x + width) / WIDTH,
            top=top / height,
            bottom=(top - panels) / height,
            height_ratios=[lane, (panels - lane) * 0.73, (panels - lane) * 0.27],
            hspace=0.03,
        )
        marks = figure.add_subplot(grid[0])
        price: Axes = figure.add_subplot(grid[1], sharex=marks)
        volume: Axes = figure.add_subplot(grid[2], sharex=marks)
        draw_symbol(SymbolPanels(marks, price, volume), chart, symbol, interval, width)
    return figure


def _axis_digits(symbol: SymbolChart) -> int:
    """Characters of a label of the price axis."""
    if not symbol.candles:
        return 0
    return len(f"{symbol.candles[0].high:,.{labels.price_decimals(symbol.candles)}f}")


def _drawn_interval(chart: Chart, panel_width: float) -> Interval:
    candles = chart.interval.count(chart.start, chart.end)
    length = longer_interval(chart.interval.length, candles, int(panel_width // _PIXELS_A_CANDLE))
    return Interval(length, chart.interval.rollup)


def _draw_head(figure: Figure, chart: Chart, length: timedelta, shown: int, height: int, margin: float) -> None:
    left = margin / WIDTH
    more = f" · {shown} of {len(chart.symbols)} symbols" if shown < len(chart.symbols) else ""
    title = labels.title(chart)
    figure.text(
        left,
        1 - 26 / height,
        title,
        size=16 * min(1, _TITLE_LENGTH / len(title)),
        weight="bold",
        color=INK,
        va="center",
        parse_math=False,
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
