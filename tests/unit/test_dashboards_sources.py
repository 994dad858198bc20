"""Dashboards read the data source that the user chooses, and no other."""

from collections.abc import Iterator
from typing import Any

import pytest

from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.dashboards import boards

DASHBOARDS = [pytest.param(assemble(board), id=board.uid) for board in boards()]
OF_GRAFANA_ITSELF = {"-- Grafana --", "grafana"}


def sources(node: Any) -> Iterator[Any]:
    """Every reference to a data source, at whatever depth."""
    if isinstance(node, list):
        for item in node:
            yield from sources(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "datasource" and value is not None:
                yield value
            yield from sources(value)


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_every_data_source_is_a_variable(dashboard: dict[str, Any]) -> None:
    variables = {f"${{{each['name']}}}" for each in dashboard["templating"]["list"] if each["type"] == "datasource"}
    named = {source["uid"] for source in sources(dashboard)}
    assert named - OF_GRAFANA_ITSELF
    assert named - OF_GRAFANA_ITSELF <= variables
