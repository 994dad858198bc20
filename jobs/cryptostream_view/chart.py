"""Small price charts for screens with room to spare."""

from collections.abc import Sequence

from rich.text import Text

from cryptostream_view.figures import average_text
from cryptostream_view.glyphs import Glyphs
from cryptostream_view.palette import FAINT, STRONG, direction_style
from cryptostream_view.snapshot import SymbolSnapshot

_NARROWEST = 34
_LOWEST = 4
_HIGHEST = 16
_MARGIN = 2
_BRAILLE = 0x2800
# Bits of the dots of a cell: left and right column, from the bottom up.
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))


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
    if down > 1 and len(drawn) % across * 2 < across and len(drawn) < across * down:
        # A last row that would be nearly empty: the others get its room.
        down -= 1
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


def line_of_dots(values: Sequence[float], width: int, height: int) -> list[str]:
    """The course as a line of Braille dots, ``height`` rows from the top, two by four dots a cell."""
    ys = _heights(values, 2 * width, 4 * height)
    cells = [[0] * width for _ in range(height)]
    for x, (before, y) in enumerate(zip([ys[0], *ys], ys, strict=False)):
        # From just after the last point to this one, so that steep parts stay connected.
        reached = y if before == y else before + (1 if y > before else -1)
        for dot in range(min(reached, y), max(reached, y) + 1):
            cells[height - 1 - dot // 4][x // 2] |= _DOTS[x % 2][dot % 4]
    return ["".join(chr(_BRAILLE + cell) if cell else " " for cell in row) for row in cells]


def bars(values: Sequence[float], width: int, height: int, mark: str) -> list[str]:
    """The course as a filled area, ``height`` rows from the top, for terminals without Unicode."""
    ys = _heights(values, width, height)
    return ["".join(mark if y >= row else " " for y in ys) for row in reversed(range(height))]


def _heights(values: Sequence[float], columns: int, steps: int) -> list[int]:
    """For each column from left to right the height of its last value, 0 for the lowest to ``steps`` - 1."""
    low, high = min(values), max(values)
    shown = [values[max(0, (column + 1) * len(values) // columns - 1)] for column in range(columns)]
    return [round((value - low) / (high - low) * (steps - 1)) if high > low else steps // 2 for value in shown]


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
    rows = (
        line_of_dots(symbol.trend, width, height)
        if glyphs.dots
        else bars(symbol.trend, width, height, glyphs.levels[-1])
    )
    return [title, *(Text(row, style, no_wrap=True, overflow="crop") for row in rows)]
