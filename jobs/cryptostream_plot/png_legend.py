"""The key of a PNG: only what the chart holds."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cryptostream_model.palette import DOWN, GAP, HISTORY, INK, MUTED, PAPER, UP, VWAP
from cryptostream_plot import labels
from cryptostream_plot.chart import Chart
from cryptostream_plot.intervals import in_words
from cryptostream_plot.png_panels import mark_of

_Handle = Line2D | Patch | tuple[Line2D, ...]


def draw_legend(figure: Figure, chart: Chart, *, left: float, top: float) -> None:
    """One line below the title; ``left`` and ``top`` in parts of the figure."""
    entries = _entries(chart)
    # A tuple of artists is drawn as one key, which matplotlib's annotations do not know.
    handles: Any = [handle for handle, _ in entries]
    legend = figure.legend(
        handles,
        [text for _, text in entries],
        loc="upper left",
        bbox_to_anchor=(left, top),
        borderaxespad=0,
        borderpad=0,
        ncols=len(entries),
        frameon=False,
        fontsize=9.5,
        handlelength=1.3,
        handletextpad=0.5,
        columnspacing=1.35,
        labelcolor=MUTED,
        handler_map={tuple: HandlerTuple(ndivide=1)},
    )
    legend.set_in_layout(False)


def _entries(chart: Chart) -> list[tuple[_Handle, str]]:
    lengths = {in_words(symbol.vwap.length) for symbol in chart.symbols}
    entries: list[tuple[_Handle, str]] = [
        (Patch(facecolor=PAPER, edgecolor=UP), "up"),
        (Patch(facecolor=DOWN, edgecolor=DOWN), "down"),
        (Line2D([], [], color=VWAP, linewidth=1.6), f"VWAP {'/'.join(sorted(lengths))}"),
        (Patch(facecolor=UP), "taker buys"),
        (Patch(facecolor=DOWN), "taker sells"),
    ]
    if any(symbol.over_rest for symbol in chart.symbols):
        entries.append((Patch(facecolor=HISTORY, edgecolor=GAP, linewidth=0.5), "history, healed"))
    if any(symbol.gaps for symbol in chart.symbols):
        entries.append((Patch(facecolor="none", edgecolor=GAP, hatch="////", linewidth=0), "missing ids"))
    entries += [(_mark(mark_of(name, chart.detectors), INK), labels.words(name)) for name in chart.detectors]
    states = {alert.state for alert in chart.alerts}
    circle = "o"
    if "confirmed" in states and len(states) > 1:
        entries.append((_mark(circle, INK), "confirmed"))
    if "open" in states:
        entries.append((_mark(circle, PAPER), "open"))
    if "withdrawn" in states:
        entries.append(((_mark(circle, PAPER), _mark("x", INK)), "withdrawn"))
    return entries


def _mark(marker: str, fill: str) -> Line2D:
    return Line2D([], [], linestyle="none", marker=marker, markersize=7, markerfacecolor=fill, markeredgecolor=INK)
