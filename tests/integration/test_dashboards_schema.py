"""Dashboards are what the pinned Grafana takes for dashboards: its own published types say so."""

import copy
from pathlib import Path
from typing import Any

import pytest

from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.dashboards import boards, market
from cryptostream_grafana.version import GRAFANA
from harness.grafana_types import pinned_version, type_errors

pytestmark = pytest.mark.integration


def test_types_are_of_the_grafana_that_dashboards_are_written_for() -> None:
    assert pinned_version() == GRAFANA


def test_every_dashboard_has_the_type_of_a_dashboard(tmp_path: Path) -> None:
    assert type_errors({board.uid: assemble(board) for board in boards()}, tmp_path) == []


def test_mistakes_are_found(tmp_path: Path) -> None:
    good = assemble(market.board())
    mistakes: dict[str, dict[str, Any]] = {}
    for name in ("option", "word", "uid", "silence", "field"):
        mistakes[name] = copy.deepcopy(good)
    panels = {name: _panel(dashboard, "stat") for name, dashboard in mistakes.items()}
    panels["option"]["options"]["fontSize"] = 12
    panels["word"]["options"]["colorMode"] = "values"
    panels["uid"]["datasource"]["uid"] = "P44368ADAD746BC27"
    del panels["silence"]["description"]
    mistakes["field"]["refreshing"] = "10s"

    found = {line.split(".ts(")[0] for line in type_errors(mistakes, tmp_path)}

    assert found >= set(mistakes)


def _panel(dashboard: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(panel for panel in dashboard["panels"] if panel["type"] == kind)
