"""What every panel owes its reader."""

import json
import re
from typing import Any

import pytest

from cryptostream_grafana import palette
from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.board import Board, Tile
from cryptostream_grafana.dashboards import boards
from cryptostream_grafana.queries.query import Query
from cryptostream_grafana.variables import QUERIES

BOARDS = [pytest.param(board, id=board.uid) for board in boards()]
TILES = [pytest.param(tile, id=f"{board.uid}-{tile.key}") for board in boards() for tile in board.tiles]
EVERY_QUERY = [
    *(pytest.param(query, id=f"variable-{name}") for name, query in QUERIES.items()),
    *(
        pytest.param(query, id=f"{board.uid}-{tile.key}-{reference}")
        for board in boards()
        for tile in board.tiles
        for reference, query in tile.queries.items()
    ),
    *(pytest.param(marks.query, id=f"{board.uid}-{marks.name}") for board in boards() for marks in board.marks),
]
_MODELS = {
    panel["description"]: panel
    for board in boards()
    for each in assemble(board)["panels"]
    for panel in (each, *each.get("panels", ()))
    if panel["type"] != "row"
}
_TIME_MACROS = ("$__timeFilter(", "$__timeFrom()", "$__timeTo()")
_NEEDS_NO_UNIT = {"table", "text", "state-timeline", "heatmap"}
"""Kinds of panel whose columns have units of their own, or whose values are words."""


def model(tile: Tile) -> dict[str, Any]:
    """The tile's panel in the JSON."""
    return _MODELS[tile.answers]


def colours(value: object) -> set[str]:
    return set(re.findall(r"#[0-9a-fA-F]{6}", json.dumps(value)))


@pytest.mark.parametrize("tile", TILES)
def test_a_panel_says_which_question_it_answers(tile: Tile) -> None:
    assert re.match(r"[A-Z][^?]+\?", tile.answers)
    assert tile.answers.endswith((".", "?"))


@pytest.mark.parametrize("tile", TILES)
def test_a_panel_says_when_there_is_nothing_to_show(tile: Tile) -> None:
    assert tile.no_data


@pytest.mark.parametrize("tile", TILES)
def test_values_have_units(tile: Tile) -> None:
    panel = model(tile)
    if panel["type"] not in _NEEDS_NO_UNIT:
        assert panel["fieldConfig"]["defaults"].get("unit")


@pytest.mark.parametrize("tile", TILES)
def test_prices_have_the_decimals_of_their_symbol(tile: Tile) -> None:
    panel = model(tile)
    if panel["fieldConfig"]["defaults"].get("unit") == "none":
        assert [each["id"] for each in panel["transformations"]] == ["configFromData"]


@pytest.mark.parametrize("board", BOARDS)
def test_colours_are_those_of_the_palette(board: Board) -> None:
    named = [getattr(palette, name) for name in palette.__all__]
    assert colours(assemble(board)) <= colours(named)


@pytest.mark.parametrize("board", BOARDS)
def test_nothing_is_told_by_green_against_red(board: Board) -> None:
    text = json.dumps(assemble(board)).lower()
    assert re.findall(r'"(?:dark-|light-|semi-dark-|super-light-)?(?:green|red)"', text) == []


@pytest.mark.parametrize("query", EVERY_QUERY)
def test_queries_are_bounded_by_the_range(query: Query) -> None:
    assert any(macro in query.sql for macro in _TIME_MACROS)


@pytest.mark.parametrize("query", EVERY_QUERY)
def test_variables_are_written_as_their_quoting_wants(query: Query) -> None:
    without_lists = re.sub(r"ARRAY\[\$\w+\]::text\[\]", "", query.sql)
    assert re.findall(r"\$(?:exchange|symbol|detector|severity)\b", without_lists) == []
    assert re.findall(r"\$(?:stream|chart)\b", re.sub(r"'\$\w+'", "", query.sql)) == []
    assert "${" not in query.sql


@pytest.mark.parametrize("board", BOARDS)
def test_boards_refresh_and_keep_their_name(board: Board) -> None:
    assert board.uid in {"cryptostream-market", "cryptostream-alerts", "cryptostream-feed-health"}
    assert board.refresh in {"5s", "10s", "30s", "1m"}
