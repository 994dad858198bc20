"""One line a symbol."""

from collections.abc import Sequence
from functools import partial

from rich.text import Text

from cryptostream_view.figures import (
    average_text,
    compact_text,
    duration_text,
    percent_text,
    price_text,
    span_text,
    unsigned_percent_text,
)
from cryptostream_view.glyphs import Glyphs, sparkline
from cryptostream_view.palette import DOWN, FAINT, STRONG, direction_style
from cryptostream_view.snapshot import Snapshot, SymbolSnapshot
from cryptostream_view.table import Cell, Column, table_lines

_MORE_THAN_A_GLANCE = 60
_SPANS_IN_HEADERS = 100
_LONGEST_TREND = 60


def symbol_lines(snapshot: Snapshot, width: int, rows: int, glyphs: Glyphs) -> list[Text]:
    """A header and at most ``rows`` lines; where there are more symbols, the last line says how many."""
    symbols = snapshot.symbols
    hidden = 0 if len(symbols) <= rows else len(symbols) - max(rows - 1, 0)
    shown = symbols[: len(symbols) - hidden]
    lines = table_lines(_columns(snapshot, shown, width, glyphs), width, _gaps(width))
    if hidden:
        lines.append(Text(f"+{hidden} more", "dim", no_wrap=True))
    if not symbols:
        lines.append(Text("no symbols yet", "dim", no_wrap=True))
    return lines[: rows + 1]


def _gaps(width: int) -> tuple[int, ...]:
    if width >= _SPANS_IN_HEADERS:
        return (2,)
    return (2, 1) if width >= _MORE_THAN_A_GLANCE else (1,)


def spans_sentence(snapshot: Snapshot, width: int) -> str:
    """Over how long the figures are, where the headers have no room for it; empty where they say it."""
    if width >= _SPANS_IN_HEADERS or snapshot.span is None:
        return ""
    parts = [f"change, VWAP, volume {span_text(snapshot.span)}"]
    if snapshot.trend_span is not None:
        parts.append(f"trend {span_text(snapshot.trend_span)}")
    if snapshot.window is not None:
        parts.append(f"volatility {span_text(snapshot.window)}")
    return ", ".join(parts)


def _columns(snapshot: Snapshot, symbols: Sequence[SymbolSnapshot], width: int, glyphs: Glyphs) -> list[Column]:
    brief = width < _MORE_THAN_A_GLANCE
    roomy = width >= _SPANS_IN_HEADERS
    span, trend, window = (
        f" {span_text(seconds)}" if roomy and seconds is not None else ""
        for seconds in (snapshot.span, snapshot.trend_span, snapshot.window)
    )
    # On narrower screens the room is the trend's.
    average, rate = [], []
    if roomy:
        average = [_column("VWAP", 8, [(average_text(symbol.vwap, symbol.places), "") for symbol in symbols], least=9)]
        rate = [_column("trades/s", 7, [_rate(symbol) for symbol in symbols])]
    return [
        _column("symbol", 0, [(symbol.symbol, STRONG) for symbol in symbols], left=True),
        _column("last", 0, [_price(symbol) for symbol in symbols], least=9),
        _column(
            f"change{span}",
            2,
            [_signed(symbol.change) if brief else _change(symbol.change, glyphs) for symbol in symbols],
            least=6 if brief else 8,
        ),
        _column("vs VWAP", 4, [_signed(symbol.vwap_deviation) for symbol in symbols], least=7),
        *average,
        Column(
            f"trend{trend}",
            3,
            partial(_trends, symbols, glyphs),
            "left",
            stretch=(8, _LONGEST_TREND),
        ),
        _column("volume", 5, [(compact_text(symbol.quote_volume), "") for symbol in symbols], least=6),
        _column(
            f"volat.{window}",
            6,
            [(unsigned_percent_text(symbol.volatility), "") for symbol in symbols],
            least=6,
        ),
        *rate,
        _column(
            "last trade" if roomy else "age", 1, [_age(symbol, brief) for symbol in symbols], least=5 if brief else 9
        ),
    ]


def _column(header: str, rank: int, cells: Sequence[Cell], *, least: int = 0, left: bool = False) -> Column:
    return Column(header, rank, lambda _: cells, "left" if left else "right", least=least)


def _price(symbol: SymbolSnapshot) -> Cell:
    return price_text(symbol.price, symbol.places), STRONG if symbol.condition == "live" else ""


def _change(share: float | None, glyphs: Glyphs) -> Cell:
    text, style = _signed(share)
    if not style:
        return text, style
    return f"{glyphs.up if share is not None and share > 0 else glyphs.down} {text}", style


def _signed(share: float | None) -> Cell:
    text = percent_text(share)
    if share is None or any(digit in text for digit in "123456789"):
        return text, direction_style(share)
    # What rounds to zero has no direction.
    return text[1:], ""


def _trends(symbols: Sequence[SymbolSnapshot], glyphs: Glyphs, width: int) -> list[Cell]:
    return [
        (
            sparkline(symbol.trend, width, glyphs.levels).rjust(width),
            direction_style(symbol.trend[-1] - symbol.trend[0] if symbol.trend else None),
        )
        for symbol in symbols
    ]


def _rate(symbol: SymbolSnapshot) -> Cell:
    rate = symbol.trades_per_second
    return (f"{rate:,.0f}" if rate >= 9.95 or rate == 0 else f"{rate:.1f}"), ""


def _age(symbol: SymbolSnapshot, brief: bool) -> Cell:
    if symbol.condition == "waiting":
        return "waiting", FAINT
    if symbol.age is None:
        return ("no trade" if symbol.condition == "quiet" and symbol.price is None else symbol.condition), FAINT
    age = duration_text(symbol.age)
    if symbol.condition == "live":
        return age, ""
    return (symbol.condition if brief else f"{symbol.condition} {age}"), DOWN
