"""One line a symbol."""

from collections.abc import Sequence
from functools import partial

from rich.text import Text

from cryptostream_view.figures import (
    UNKNOWN,
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
_LONGEST_TREND = 60


def symbol_lines(snapshot: Snapshot, width: int, rows: int, glyphs: Glyphs) -> list[Text]:
    """A header and at most ``rows`` lines; where there are more symbols, the last line says how many."""
    symbols = snapshot.symbols
    hidden = 0 if len(symbols) <= rows else len(symbols) - max(rows - 1, 0)
    shown = symbols[: len(symbols) - hidden]
    lines = table_lines(_columns(snapshot, shown, glyphs), width, gap=2 if width >= _MORE_THAN_A_GLANCE else 1)
    if hidden:
        lines.append(Text(f"+{hidden} more", "dim", no_wrap=True, end=""))
    if not symbols:
        lines.append(Text("no symbols yet", "dim", no_wrap=True, end=""))
    return lines[: rows + 1]


def _columns(snapshot: Snapshot, symbols: Sequence[SymbolSnapshot], glyphs: Glyphs) -> list[Column]:
    span = span_text(snapshot.span)
    return [
        _column("symbol", 0, [(symbol.symbol, STRONG) for symbol in symbols], left=True),
        _column("last", 0, [_price(symbol) for symbol in symbols], least=9),
        _column(f"change {span}".strip(), 1, [_change(symbol.change, glyphs) for symbol in symbols], least=8),
        _column("vs VWAP", 4, [_signed(symbol.vwap_deviation) for symbol in symbols], least=7),
        _column("VWAP", 8, [(average_text(symbol.vwap, symbol.places), "") for symbol in symbols], least=9),
        Column(
            f"trend {span_text(snapshot.trend_span)}".strip(),
            3,
            partial(_trends, symbols, glyphs),
            "left",
            stretch=(8, _LONGEST_TREND),
        ),
        _column("volume", 5, [(compact_text(symbol.quote_volume), "") for symbol in symbols], least=6),
        _column(
            f"volat. {span_text(snapshot.window)}".strip(),
            6,
            [(unsigned_percent_text(symbol.volatility), "") for symbol in symbols],
            least=6,
        ),
        _column("trades/s", 7, [_rate(symbol) for symbol in symbols]),
        _column("last trade", 2, [_age(symbol) for symbol in symbols], least=9),
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
    # What rounds to zero has no direction.
    flat = not any(digit in text for digit in "123456789")
    return (text.lstrip("+-") or UNKNOWN if flat and share is not None else text), "" if flat else direction_style(
        share
    )


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


def _age(symbol: SymbolSnapshot) -> Cell:
    if symbol.condition == "waiting":
        return "waiting", FAINT
    if symbol.age is None:
        return ("no trade" if symbol.condition == "quiet" else symbol.condition), DOWN
    age = duration_text(symbol.age)
    return (age, "") if symbol.condition == "live" else (f"{symbol.condition} {age}", DOWN)
