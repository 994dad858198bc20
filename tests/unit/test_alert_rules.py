"""Alert rules and contact point as Grafana provisions them from files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cryptostream_grafana.alerting.provisioning import DATABASE_UID, EXAMPLE_ADDRESS, contact_points_file, rules_file
from cryptostream_grafana.alerting.rules import RULES, Rule
from cryptostream_grafana.dashboards import boards

_CHART = Path(__file__).resolve().parents[2] / "charts/cryptostream"
FILE = rules_file(RULES, boards())
GROUP = FILE["groups"][0]


@pytest.fixture(params=GROUP["rules"], ids=lambda rule: rule["uid"])
def rule(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_what_is_written_is_what_is_read() -> None:
    assert yaml.safe_load((_CHART / "files/alerting/rules.yaml").read_text()) == FILE
    assert yaml.safe_load((_CHART / "files/alerting/contact-points.yaml").read_text()) == contact_points_file()


def test_uids_are_of_their_own_and_short_enough() -> None:
    uids = [each["uid"] for each in GROUP["rules"]]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"cryptostream-[a-z-]{1,27}", uid) for uid in uids)


def test_rules_read_the_data_source_of_the_chart(rule: dict[str, Any]) -> None:
    query, threshold = rule["data"]
    assert f"uid: {DATABASE_UID}\n" in (_CHART / "templates/grafana/_datasources.tpl").read_text()
    assert query["datasourceUid"] == query["model"]["datasource"]["uid"] == DATABASE_UID
    assert (rule["condition"], threshold["refId"], threshold["model"]["expression"]) == ("B", "B", "A")


def test_a_rule_leads_to_a_panel_that_shows_more(rule: dict[str, Any]) -> None:
    board = next(board for board in boards() if board.uid == rule["dashboardUid"])
    assert 1 <= rule["panelId"] <= len(list(board.tiles))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.uid)
def test_texts_name_labels_that_the_query_gives(rule: Rule) -> None:
    texts = rule.summary + rule.description
    assert set(re.findall(r"\.Labels\.(\w+)", texts)) <= set(rule.query.columns) - {"value"}
    assert {name for name, kind in rule.query.columns.items() if kind == "number"} == {"value"}
    assert "time" not in rule.query.columns.values()


def test_grafana_finds_nothing_to_fill_in_outside_queries(rule: dict[str, Any]) -> None:
    rest = {**rule, "data": [{**each, "model": None} for each in rule["data"]]}
    assert "$" not in str(rest)
    assert "$" not in str(contact_points_file())


def test_queries_are_bounded_by_the_rules_range_and_know_no_variables(rule: dict[str, Any]) -> None:
    sql = rule["data"][0]["model"]["rawSql"]
    assert "$__timeFilter(" in sql
    assert re.findall(r"\$(?!__)\w+", sql) == []
    assert "$$" not in sql


def test_the_example_reaches_nobody() -> None:
    assert EXAMPLE_ADDRESS.split("/")[2].endswith(".invalid")
