"""A dashboard's layout drawn with characters."""

from cryptostream_grafana.board import COLUMNS, Board, Tile
from cryptostream_grafana.layout import Place, place

_CHARACTERS = 4
"""Width of one column of the grid."""
_LINES = 3
"""Lines of the grid that one line of text stands for."""


def draw(board: Board) -> str:
    """Boxes with the panels' titles, rows as headings; a repeated panel shows how many of it fit in a line."""
    lines: list[str] = []
    for placed in place(board):
        state = " (collapsed)" if placed.row.collapsed else ""
        lines.append(f"▾ {placed.row.title}{state}")
        for top in sorted({where.y for _, where in placed.tiles}):
            in_line = [(tile, where) for tile, where in placed.tiles if where.y == top]
            lines += _boxes([box for tile, where in in_line for box in _repeated(tile, where)])
    return "\n".join(lines)


def _repeated(tile: Tile, where: Place) -> list[tuple[str, int, int]]:
    """Title, width in characters and lines of each box of a tile."""
    lines = max(1, round(where.height / _LINES))
    if not tile.repeat:
        return [(tile.title, where.width * _CHARACTERS, lines)]
    width = COLUMNS * _CHARACTERS // tile.repeats_a_row
    first = (tile.title, width, lines)
    return [first, *[("…", width, lines)] * (tile.repeats_a_row - 1)]


def _boxes(boxes: list[tuple[str, int, int]]) -> list[str]:
    height = max(lines for _, _, lines in boxes)
    return [
        "".join(f"┌{'─' * (width - 2)}┐" for _, width, _ in boxes),
        *("".join(_side(title if number == 0 else "", width) for title, width, _ in boxes) for number in range(height)),
        "".join(f"└{'─' * (width - 2)}┘" for _, width, _ in boxes),
    ]


def _side(text: str, width: int) -> str:
    shown = text if len(text) <= width - 4 else text[: width - 5] + "…"
    return f"│ {shown.ljust(width - 4)} │"
