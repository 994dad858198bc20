"""The parts of the page that are text: key, symbols, alerts."""

from html import escape

from cryptostream_plot import labels
from cryptostream_plot.chart import AlertMark, Chart, SymbolChart
from cryptostream_plot.intervals import in_words
from cryptostream_plot.palette import shapes

MOST_ALERTS = 500
_SIGNS = {
    "triangle": ("▲", "△"),
    "square": ("■", "□"),
    "diamond": ("◆", "◇"),
    "circle": ("●", "○"),
    "pentagon": ("⬟", "⬠"),
    "star": ("★", "☆"),
    "hexagon": ("⬢", "⬡"),
}


def key(chart: Chart) -> str:
    """What colours and marks mean, for what the chart holds."""
    lengths = "/".join(sorted({in_words(symbol.vwap.length) for symbol in chart.symbols}))
    entries = [
        '<i class="box up"></i>price up',
        '<i class="box down"></i>price down',
        f'<i class="line"></i>VWAP {lengths}',
        '<i class="box buys"></i>taker buys',
        '<i class="box down"></i>taker sells',
    ]
    if any(symbol.over_rest for symbol in chart.symbols):
        entries.append('<i class="box history"></i>over REST: history, healed')
    if any(symbol.gaps for symbol in chart.symbols):
        entries.append('<i class="box gap"></i>missing ids')
    entries += [f"{_SIGNS[shapes(chart.detectors)[name]][0]} {escape(labels.words(name))}" for name in chart.detectors]
    if chart.alerts:
        entries.append("● confirmed, ○ open, ⊗ withdrawn")
    return '<ul class="key">' + "".join(f"<li>{entry}</li>" for entry in entries) + "</ul>"


def symbol_table(chart: Chart) -> str:
    """A row for each symbol, which leads to its figure."""
    rows = "\n".join(_symbol_row(number, symbol) for number, symbol in enumerate(chart.symbols))
    return _table(
        "Symbols",
        ("Symbol", "Last", "Change", "High", "Low", "Quote volume", "Trades", "Alerts", "Missing ids"),
        rows,
        numbers=8,
    )


def alert_table(chart: Chart) -> str:
    """The alerts, newest first; the newest 500 of more."""
    if not chart.alerts:
        return '<section id="alerts"><h2>Alerts</h2><p>None in this range.</p></section>'
    shown = chart.alerts[:MOST_ALERTS]
    caption = "Alerts" if len(shown) == len(chart.alerts) else f"Alerts: the newest {len(shown)} of {len(chart.alerts)}"
    rows = "\n".join(_alert_row(alert, chart) for alert in shown)
    return _table(
        caption,
        ("Window end", "Symbol", "Detector", "State", "Severity", "Score", "Threshold", "Price", "Until"),
        rows,
        identity="alerts",
    )


def _symbol_row(number: int, symbol: SymbolChart) -> str:
    candles, places = symbol.candles, labels.price_places(symbol.candles)
    cells = (
        labels.price(candles[-1].close, places) if candles else "-",
        labels.change(candles),
        labels.price(max(candle.high for candle in candles), places) if candles else "-",
        labels.price(min(candle.low for candle in candles), places) if candles else "-",
        labels.amount(symbol.quote_volume),
        f"{sum(candle.trades for candle in candles):,}",
        str(len(symbol.alerts)),
        f"{sum(gap.ids for gap in symbol.gaps):,}",
    )
    link = f'<th scope="row"><a href="#symbol-{number}">{escape(symbol.symbol)}</a></th>'
    return f"<tr>{link}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _alert_row(alert: AlertMark, chart: Chart) -> str:
    solid, hollow = _SIGNS[shapes(chart.detectors)[alert.detector]]
    sign = {"confirmed": solid, "open": hollow, "withdrawn": "⊗"}[alert.state]
    cells = (
        alert.symbol,
        f"{labels.words(alert.detector)} {alert.direction or ''}".rstrip(),
        f"{sign} {alert.state}{' (in history)' if alert.backfilled else ''}",
        alert.severity,
        f"{alert.score:.4g}",
        f"{alert.threshold:.4g}",
        labels.price(alert.price) if alert.price is not None else "-",
        labels.moment(alert.ended) if alert.ended else "-",
    )
    time = f'<th scope="row">{labels.moment(alert.window_end)}</th>'
    return f"<tr>{time}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _table(caption: str, columns: tuple[str, ...], rows: str, *, identity: str = "symbols", numbers: int = 0) -> str:
    kind = ' class="numbers"' if numbers else ""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return (
        f'<section id="{identity}"><h2>{caption}</h2>\n<div class="scroll" tabindex="0">'
        f"<table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div></section>"
    )
