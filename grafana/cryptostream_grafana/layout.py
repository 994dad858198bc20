"""Where tiles lie on Grafana's grid."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptostream_grafana.board import COLUMNS, Board, Row, Tile


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of the grid."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlacedRow:
    row: Row
    heading: Place
    tiles: tuple[tuple[Tile, Place], ...]


def place(board: Board) -> tuple[PlacedRow, ...]:
    """Rows below each other, their tiles from left to right in lines as high as the highest tile.

    Raises ValueError for a line that does not fill the grid's width, and for tiles of a line that differ in height.
    """
    placed = []
    y = 0
    for row in board.rows:
        heading = Place(0, y, COLUMNS, 1)
        tiles: list[tuple[Tile, Place]] = []
        below = y + 1
        for line in _lines(row.tiles):
            _check(line)
            x = 0
            for tile in line:
                tiles.append((tile, Place(x, below, _width(tile), tile.height)))
                x += _width(tile)
            below += line[0].height
        placed.append(PlacedRow(row, heading, tuple(tiles)))
        # The tiles of a collapsed row take no room until it is opened.
        y = y + 1 if row.collapsed else below
    return tuple(placed)


def _lines(tiles: Sequence[Tile]) -> list[list[Tile]]:
    lines: list[list[Tile]] = []
    room = 0
    for tile in tiles:
        if _width(tile) > room:
            lines.append([])
            room = COLUMNS
        lines[-1].append(tile)
        room -= _width(tile)
    return lines


def _width(tile: Tile) -> int:
    return COLUMNS if tile.repeat else tile.width


def _check(line: Sequence[Tile]) -> None:
    keys = ", ".join(tile.key for tile in line)
    if sum(_width(tile) for tile in line) != COLUMNS:
        raise ValueError(f"the tiles {keys} do not fill the {COLUMNS} columns of their line: change their widths")
    if len({tile.height for tile in line}) != 1:
        raise ValueError(f"the tiles {keys} lie in one line and differ in height")
