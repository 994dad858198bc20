"""Panels lie on the grid without gaps or overlaps."""

from itertools import combinations
from typing import Any

import pytest
from grafana_foundation_sdk.builders.stat import Panel as Stat

from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.board import COLUMNS, Board, Row, Tile
from cryptostream_grafana.dashboards import boards
from cryptostream_grafana.layout import place

DASHBOARDS = [pytest.param(assemble(board), id=board.uid) for board in boards()]


def tile(key: str, width: int, height: int = 8, repeat: str | None = None) -> Tile:
    return Tile(key, key, "What?", Stat(), width=width, height=height, repeat=repeat)


def board_of(*rows: Row) -> Board:
    return Board("uid", "Title", "Description", rows, ())


def corners(panel: dict[str, Any]) -> tuple[int, int, int, int]:
    at = panel["gridPos"]
    return at["x"], at["y"], at["x"] + at["w"], at["y"] + at["h"]


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    left, top, right, bottom = corners(one)
    other_left, other_top, other_right, other_bottom = corners(other)
    return left < other_right and other_left < right and top < other_bottom and other_top < bottom


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_no_panels_overlap(dashboard: dict[str, Any]) -> None:
    shown = [dashboard["panels"], *(panel["panels"] for panel in dashboard["panels"] if panel.get("panels"))]
    for panels in shown:
        assert [(a["title"], b["title"]) for a, b in combinations(panels, 2) if overlap(a, b)] == []


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_panels_stay_on_the_grid(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        left, top, right, _ = corners(panel)
        assert left >= 0, panel["title"]
        assert top >= 0, panel["title"]
        assert right <= COLUMNS, panel["title"]


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_numbers_of_panels_are_unique(dashboard: dict[str, Any]) -> None:
    numbers = [panel["id"] for each in dashboard["panels"] for panel in (each, *each.get("panels", ()))]
    assert len(numbers) == len(set(numbers))


def test_tiles_follow_each_other_from_left_to_right_and_then_below() -> None:
    (placed,) = place(board_of(Row("Row", (tile("a", 8), tile("b", 16), tile("c", 24, 5)))))
    assert [(where.x, where.y, where.width) for _, where in placed.tiles] == [(0, 1, 8), (8, 1, 16), (0, 9, 24)]


def test_a_collapsed_row_takes_only_its_headings_room() -> None:
    collapsed = Row("Collapsed", (tile("a", 24),), collapsed=True)
    _, below = place(board_of(collapsed, Row("Below", (tile("b", 24),))))
    assert below.heading.y == 1


def test_a_repeated_tile_has_the_whole_width() -> None:
    (placed,) = place(board_of(Row("Row", (tile("a", 6, repeat="symbol"), tile("b", 24)))))
    assert [where.width for _, where in placed.tiles] == [24, 24]


@pytest.mark.parametrize(
    ("tiles", "said"),
    [
        ((tile("a", 8), tile("b", 8)), "do not fill the 24 columns"),
        ((tile("a", 12, 8), tile("b", 12, 9)), "differ in height"),
    ],
)
def test_lines_with_holes_are_refused(tiles: tuple[Tile, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        place(board_of(Row("Row", tiles)))
