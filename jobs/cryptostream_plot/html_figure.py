"""A symbol's chart as a plotly figure."""

from html import escape

from plotly.graph_objects import Figure
from plotly.subplots import make_subplots

from cryptostream_model.palette import GRID, INK, MUTED, PAPER
from cryptostream_plot import labels
from cryptostream_plot.chart import Chart, SymbolChart
from cryptostream_plot.html_marks import alert_traces, gap_trace, shapes_behind
from cryptostream_plot.html_prices import candle_traces, iso, volume_traces, vwap_trace

HEIGHT = 540
"""Pixels of a symbol's figure."""
_HEAD, _FOOT = 34, 34
"""Above: room for plotly's buttons beside the symbol's name."""
_LANE = 17
"""Pixels of a detector's row."""
_MARKS, _PRICE, _VOLUME = 1, 2, 3


def symbol_figure(chart: Chart, symbol: SymbolChart) -> Figure:
    """Marks, candles with VWAP and volumes of a symbol, one below the other over a common time."""
    lane = (max(1, len(chart.detectors)) * _LANE + 6) / (HEIGHT - _HEAD - _FOOT)
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.015, row_heights=[lane, 0.72 - lane, 0.28]
    )
    prices = [*candle_traces(chart, symbol.candles), vwap_trace(symbol)]
    volumes = [*volume_traces(chart, symbol.candles), gap_trace(symbol)]
    figure.add_traces(alert_traces(chart, symbol), rows=_MARKS, cols=1)
    figure.add_traces(prices, rows=_PRICE, cols=1)
    figure.add_traces(volumes, rows=_VOLUME, cols=1)
    _lay_out(figure, chart, symbol)
    return figure


def _lay_out(figure: Figure, chart: Chart, symbol: SymbolChart) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 78, "r": 16, "t": _HEAD, "b": _FOOT},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"family": "system-ui, sans-serif", "size": 12, "color": MUTED},
        hoverlabel={"bgcolor": PAPER, "bordercolor": GRID, "font": {"color": INK}, "align": "left"},
        showlegend=False,
        hovermode="x unified",
        dragmode="zoom",
        # With a base of its own a bar is where its base says; stacking would move candles.
        barmode="overlay",
        template="none",
        shapes=shapes_behind(chart, symbol, price="x2", volume="x3"),
    )
    figure.update_xaxes(
        # Not told by its data where a symbol has no alerts.
        type="date",
        range=[iso(chart.start), iso(chart.end)],
        gridcolor=GRID,
        linecolor=GRID,
        zeroline=False,
        hoverformat="%Y-%m-%d %H:%M:%S UTC",
    )
    figure.update_yaxes(gridcolor=GRID, linecolor=GRID, zeroline=False, fixedrange=True)
    detectors = list(reversed(chart.detectors))
    figure.update_yaxes(
        row=_MARKS,
        range=[-0.6, max(1, len(detectors)) - 0.4],
        tickvals=list(range(len(detectors))),
        ticktext=[escape(labels.words(name).split()[-1]) for name in detectors],
        tickfont={"size": 10},
        showgrid=False,
    )
    figure.update_xaxes(row=_MARKS, showgrid=False)
    figure.update_yaxes(row=_PRICE, tickformat=f",.{labels.price_decimals(symbol.candles)}f", nticks=7)
    # "B": 1.2M and 3B rather than powers of ten.
    figure.update_yaxes(row=_VOLUME, rangemode="tozero", exponentformat="B", nticks=4)
