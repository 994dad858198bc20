"""Links keep time and variables."""

import re

import pytest

from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.board import Board
from cryptostream_grafana.dashboards import boards
from cryptostream_grafana.links import TAG, market_url
from cryptostream_grafana.variables import common_variables

BOARDS = [pytest.param(board, id=board.uid) for board in boards()]
NAMES = {variable.build().name for variable in common_variables(charted=True)}


def set_by(url: str) -> set[str]:
    """The variables that a link sets."""
    return set(re.findall(r"var-(\w+)=", url)) | set(re.findall(r"\$\{(\w+):queryparam\}", url))


@pytest.mark.parametrize("board", BOARDS)
def test_boards_lead_to_each_other(board: Board) -> None:
    dashboard = assemble(board)
    assert TAG in dashboard["tags"]
    assert [(link["tags"], link["keepTime"], link["includeVars"]) for link in dashboard["links"]] == [
        ([TAG], True, True)
    ]


@pytest.mark.parametrize("keep_symbols", [False, True])
def test_a_link_to_market_carries_every_variable(keep_symbols: bool) -> None:
    url = market_url(symbol="${__value.text:percentencode}", keep_symbols=keep_symbols)
    assert set_by(url) == NAMES
    assert "?${__url_time_range}&" in url


def test_a_link_to_an_alert_sets_the_range() -> None:
    url = market_url(symbol="BTCUSDT", start="1700000000000", end="1700000900000")
    assert "?from=1700000000000&to=1700000900000&" in url
    assert "__url_time_range" not in url


@pytest.mark.parametrize("board", BOARDS)
def test_boards_have_the_same_variables(board: Board) -> None:
    names = {variable["name"] for variable in assemble(board)["templating"]["list"]}
    assert {"stream", "exchange", "symbol", "detector", "severity", "interval"} <= names
    assert names <= NAMES | {"prometheus", "namespace", "name"}
