"""A table that fits: columns are left out by their importance, cells are never cut and never wrapped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

Cell = tuple[str, str]
"""Text and style."""


@dataclass(frozen=True, slots=True)
class Column:
    """``rank`` 0 is always shown; of the others the lowest goes in first. A ``stretch`` column takes what is left.

    ``cells`` is called with the width that a stretching column has got, and with 0 for the others.
    """

    header: str
    rank: int
    cells: Callable[[int], Sequence[Cell]]
    align: Literal["left", "right"] = "right"
    stretch: tuple[int, int] | None = None
    least: int = 0


def table_lines(columns: Sequence[Column], width: int, gaps: Sequence[int] = (2, 1)) -> list[Text]:
    """The header and one line a row, each at most ``width`` cells.

    Of the ``gaps`` between columns the first one is taken with which the most columns fit.
    """
    gap = max(gaps, key=lambda gap: len(_choose(columns, width, gap)[0]))
    chosen, room = _choose(columns, width, gap)
    filled = []
    for column, own in chosen:
        size = own
        if column.stretch is not None:
            extra = min(column.stretch[1] - own, room)
            size, room = own + extra, room - extra
        filled.append((column, size, column.cells(size if column.stretch else 0)))
    header = [(column, size, (column.header, "dim")) for column, size, _ in filled]
    lines = [_line(header, gap)]
    rows = len(filled[0][2]) if filled else 0
    lines += [_line([(column, size, cells[row]) for column, size, cells in filled], gap) for row in range(rows)]
    for line in lines:
        line.truncate(width)
    return lines


def _choose(columns: Sequence[Column], width: int, gap: int) -> tuple[list[tuple[Column, int]], int]:
    """Columns with their widths, in the order given, and how much is left over."""
    room, taken = width + gap, {}
    for column in sorted(columns, key=lambda column: column.rank):
        own = _natural_width(column)
        if column.rank == 0 or own + gap <= room:
            taken[id(column)] = own
            room -= own + gap
    return [(column, taken[id(column)]) for column in columns if id(column) in taken], max(room, 0)


def _natural_width(column: Column) -> int:
    if column.stretch is not None:
        return max(column.stretch[0], cell_len(column.header))
    widest = max((cell_len(text) for text, _ in column.cells(0)), default=0)
    return max(widest, cell_len(column.header), column.least)


def _line(cells: Sequence[tuple[Column, int, Cell]], gap: int) -> Text:
    line = Text(no_wrap=True, overflow="crop")
    for position, (column, size, (text, style)) in enumerate(cells):
        if position:
            line.append(" " * gap)
        padding = " " * (size - cell_len(text))
        if column.align == "right":
            line.append(padding)
        line.append(text if padding or cell_len(text) == size else set_cell_size(text, size), style or None)
        if column.align == "left" and position < len(cells) - 1:
            line.append(padding)
    return line
