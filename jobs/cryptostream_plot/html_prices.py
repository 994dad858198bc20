"""Candles, VWAP and volumes of a symbol as plotly traces."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from plotly.graph_objects import Bar, Scatter

from cryptostream_model.palette import DOWN, PAPER, UP, VWAP
from cryptostream_plot import labels
from cryptostream_plot.chart import Candle, Chart, SymbolChart
from cryptostream_plot.intervals import in_words

_WIDEST_BODY = 1 / 90
"""Of the range: few candles do not become blocks."""


def candle_traces(chart: Chart, candles: Sequence[Candle]) -> list[Scatter | Bar]:
    """Wicks and bodies: blue and hollow where the price rose, orange and filled where it fell."""
    # plotly's own candlestick takes its width from the smallest distance between candles: a lone trade of a quiet pair
    # would be drawn over hours. Bars have the width that they are given.
    traces: list[Scatter | Bar] = []
    for rises, colour in ((True, UP), (False, DOWN)):
        group = [candle for candle in candles if candle.rises == rises]
        bottoms = [float(min(candle.open, candle.close)) for candle in group]
        tops = [float(max(candle.open, candle.close)) for candle in group]
        lows, highs = [float(candle.low) for candle in group], [float(candle.high) for candle in group]
        middles = [iso(candle.start + chart.interval.length / 2) for candle in group]
        wicks = zip(lows, bottoms, tops, highs, strict=True)
        traces += [
            Scatter(
                x=[time for middle in middles for time in (middle, middle, None) * 2],
                y=list(chain.from_iterable((low, bottom, None, top, high, None) for low, bottom, top, high in wicks)),
                mode="lines",
                line={"color": colour, "width": 1},
                hoverinfo="skip",
            ),
            Bar(
                x=middles,
                base=bottoms,
                y=[top - bottom for top, bottom in zip(tops, bottoms, strict=True)],
                width=_body(chart),
                marker={"color": PAPER if rises else colour, "line": {"color": colour, "width": 1}},
                customdata=[_candle_text(candle, chart) for candle in group],
                hovertemplate="%{customdata}<extra></extra>",
            ),
        ]
    return traces


def vwap_trace(symbol: SymbolChart) -> Scatter:
    """The line of average prices."""
    decimals = labels.price_decimals(symbol.candles) + 1
    return Scatter(
        x=[iso(time) for time in symbol.vwap.times],
        y=list(symbol.vwap.prices),
        mode="lines",
        line={"color": VWAP, "width": 1.5},
        hovertemplate=f"VWAP {in_words(symbol.vwap.length)}: %{{y:,.{decimals}f}}<extra></extra>",
    )


def volume_traces(chart: Chart, candles: Sequence[Candle]) -> list[Bar]:
    """Taker buys, and taker sells upon them."""
    middles = [iso(candle.start + chart.interval.length / 2) for candle in candles]
    bought = [candle.taker_buy_quote_volume for candle in candles]
    sold = [candle.taker_sell_quote_volume for candle in candles]
    return [
        Bar(
            x=middles,
            base=base,
            y=height,
            width=_body(chart),
            marker={"color": colour, "line": {"width": 0}},
            customdata=[f"{name} {labels.amount(value)}" for value in height],
            hovertemplate="%{customdata}<extra></extra>",
        )
        for base, height, colour, name in ((None, bought, UP, "taker buys"), (bought, sold, DOWN, "taker sells"))
    ]


def iso(time: datetime) -> str:
    """A time as plotly takes it: without a zone, which it shows as it is."""
    return time.replace(tzinfo=None).isoformat()


def _candle_text(candle: Candle, chart: Chart) -> str:
    history = ", over REST" if candle.over_rest else ""
    return (
        f"{in_words(chart.interval.length)} from {candle.start:%H:%M:%S}<br>"
        f"open {labels.price(candle.open)}<br>high {labels.price(candle.high)}<br>"
        f"low {labels.price(candle.low)}<br>close {labels.price(candle.close)}<br>"
        f"volume {labels.amount(candle.volume)}, quote {labels.amount(candle.quote_volume)}<br>"
        f"{candle.trades:,} trades{history}"
    )


def _body(chart: Chart) -> float:
    """A body's width in milliseconds, plotly's unit on a time axis."""
    widest = (chart.end - chart.start) * _WIDEST_BODY
    return min(chart.interval.length * 0.72, widest) / timedelta(milliseconds=1)
