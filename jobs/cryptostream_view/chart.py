"""Small price charts for screens with room to spare."""

from collections.abc import Sequence

from rich.text import Text

from cryptostream_view.figures import average_text
from cryptostream_view.glyphs import Glyphs
from cryptostream_view.palette import FAINT, STRONG, direction_style
from cryptostream_view.snapshot import SymbolSnapshot

_NARROWEST = 34
_LOWEST = 4
_HIGHEST = 9
_MARGIN = 2


def chart_lines(symbols: Sequence[SymbolSnapshot], width: int, rows: int, glyphs: Glyphs) -> list[Text]:
    """Charts of the first symbols that have a course, in as many columns and rows as there is room for.

    At most ``rows`` lines; none where a chart would be lower than four.
    """
    drawn = [symbol for symbol in symbols if len(symbol.trend) > 1]
    most = max(1, (width + _MARGIN) // (_NARROWEST + _MARGIN))
    if not drawn or rows < _LOWEST + 1 or width < _NARROWEST:
        return []
    down = max(1, min(-(-len(drawn) // most), rows // (_LOWEST + 2)))
    across = min(most, -(-len(drawn) // down))
    height = min(_HIGHEST, (rows - (down - 1)) // down - 1)
    each = (width + _MARGIN) // across - _MARGIN
    lines: list[Text] = []
    for first in range(0, min(len(drawn), across * down), across):
        if lines:
            lines.append(Text())
        charts = [_chart(symbol, each, height, glyphs) for symbol in drawn[first : first + across]]
        margin = Text(" " * _MARGIN, no_wrap=True, overflow="crop")
        lines += [margin.join(parts) for parts in zip(*charts, strict=True)]
    return lines


def area(values: Sequence[float], width: int, height: int, levels: str) -> list[str]:
    """The course as an area of ``height`` rows from the top; the lowest value still shows one level."""
    low, high = min(values), max(values)
    shown = [values[min(len(values) - 1, (column + 1) * len(values) // width)] for column in range(width)]
    steps = height * len(levels)
    heights = [1 + round((value - low) / (high - low) * (steps - 1)) if high > low else steps // 2 for value in shown]
    rows = []
    for row in reversed(range(height)):
        filled = (min(max(size - row * len(levels), 0), len(levels)) for size in heights)
        rows.append("".join(levels[level - 1] if level else " " for level in filled))
    return rows


def _chart(symbol: SymbolSnapshot, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    style = direction_style(symbol.trend[-1] - symbol.trend[0])
    title = Text(symbol.symbol, STRONG, no_wrap=True, overflow="crop")
    low, high = (average_text(value, symbol.places) for value in (min(symbol.trend), max(symbol.trend)))
    span = f"{low} - {high}"
    if title.cell_len + 2 + len(span) <= width:
        title.append(" " * (width - title.cell_len - len(span)))
        title.append(span, FAINT)
    title.truncate(width)
    title.append(" " * (width - title.cell_len))
    rows = area(symbol.trend, width, height, glyphs.levels)
    return [title, *(Text(row, style, no_wrap=True, overflow="crop") for row in rows)]
