"""Alerts, gaps and history of a symbol as plotly traces and shapes."""

from datetime import datetime
from html import escape
from typing import Any

from plotly.graph_objects import Scatter

from cryptostream_model.palette import GAP, HISTORY, INK, MUTED, PAPER
from cryptostream_plot import labels
from cryptostream_plot.chart import AlertMark, Chart, SymbolChart
from cryptostream_plot.html_prices import iso
from cryptostream_plot.palette import SEVERITY_SCALE, shapes

_SIZE = 8


def alert_traces(chart: Chart, symbol: SymbolChart) -> list[Scatter]:
    """A row for each detector. A mark at the end of the opening window, a line from its start to the episode's end.

    Confirmed marks are solid, open ones hollow, withdrawn ones hollow and crossed out.
    """
    rows = {detector: number for number, detector in enumerate(reversed(chart.detectors))}
    alerts = symbol.alerts
    withdrawn = [alert for alert in alerts if alert.state == "withdrawn"]
    episodes = [(iso(chart.clip(a.window_start)), iso(chart.clip(a.ended or a.last_window_end))) for a in alerts]
    return [
        Scatter(
            x=[time for start, end in episodes for time in (start, end, None)],
            y=[row for alert in alerts for row in (rows[alert.detector], rows[alert.detector], None)],
            mode="lines",
            line={"color": MUTED, "width": 1.5},
            hoverinfo="skip",
        ),
        Scatter(
            x=[iso(chart.clip(alert.window_end)) for alert in alerts],
            y=[rows[alert.detector] for alert in alerts],
            mode="markers",
            marker={
                "symbol": [_symbol(alert, chart) for alert in alerts],
                "size": [_size(alert) for alert in alerts],
                "color": [INK if alert.state == "confirmed" else PAPER for alert in alerts],
                "opacity": 1,
                "line": {"color": INK, "width": 1.5},
            },
            hovertext=["<br>".join(map(escape, labels.alert_lines(alert))) for alert in alerts],
            hovertemplate="%{hovertext}<extra></extra>",
            cliponaxis=False,
        ),
        Scatter(
            x=[iso(chart.clip(alert.window_end)) for alert in withdrawn],
            y=[rows[alert.detector] for alert in withdrawn],
            mode="markers",
            marker={
                "symbol": "x-thin",
                "size": [1.3 * _size(alert) for alert in withdrawn],
                "line": {"color": INK, "width": 1.5},
            },
            hoverinfo="skip",
            cliponaxis=False,
        ),
    ]


def gap_trace(symbol: SymbolChart) -> Scatter:
    """What a gap's shading says when it is pointed at, at the foot of the volumes."""
    return Scatter(
        x=[iso(gap.start + (gap.end - gap.start) / 2) for gap in symbol.gaps],
        y=[0] * len(symbol.gaps),
        mode="markers",
        marker={"symbol": "line-ns", "size": 9, "line": {"color": MUTED, "width": 2}},
        hovertext=[escape(labels.gap_line(gap)) for gap in symbol.gaps],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )


def shapes_behind(chart: Chart, symbol: SymbolChart, *, price: str, volume: str) -> list[dict[str, Any]]:
    """Shading of history and gaps, and lines from alerts down through the prices; ``x2`` names a panel's axis."""
    history = [_band(axis, span.start, span.end, HISTORY, 1.0) for axis in (price, volume) for span in symbol.over_rest]
    gaps = [_band(axis, gap.start, gap.end, GAP, 0.35) for axis in (price, volume) for gap in symbol.gaps]
    lines = [
        {
            "type": "line",
            **_reach(price, chart.clip(alert.window_end), chart.clip(alert.window_end)),
            "line": {"color": MUTED, "width": 1, "dash": "dot"},
        }
        for alert in symbol.alerts
        if alert.state != "withdrawn"
    ]
    return history + gaps + lines


def _band(axis: str, start: datetime, end: datetime, colour: str, opacity: float) -> dict[str, Any]:
    return {
        "type": "rect",
        **_reach(axis, start, end),
        "fillcolor": colour,
        "opacity": opacity,
        "line": {"width": 0},
    }


def _reach(axis: str, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "xref": axis,
        "yref": f"{axis.replace('x', 'y')} domain",
        "x0": iso(start),
        "x1": iso(end),
        "y0": 0,
        "y1": 1,
        "layer": "below",
    }


def _symbol(alert: AlertMark, chart: Chart) -> str:
    shape = shapes(chart.detectors)[alert.detector]
    if shape != "triangle":
        return shape
    return "triangle-down" if alert.direction == "down" else "triangle-up"


def _size(alert: AlertMark) -> float:
    return _SIZE * SEVERITY_SCALE[alert.severity]
