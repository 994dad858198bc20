"""Rules and contact points in the form of Grafana's provisioning files.

Grafana fills variables of its environment into most texts of such a file, but leaves a rule's queries as they are: so
macros are written with one dollar sign, and texts do without any.
"""

from collections.abc import Sequence
from typing import Any

from cryptostream_grafana.alerting.rules import Rule
from cryptostream_grafana.board import Board
from cryptostream_grafana.datasources import POSTGRES_TYPE

DATABASE_UID = "cryptostream"
"""Rules know no variables: the uid that the chart gives its data source."""
FOLDER = "CryptoStream"
EXAMPLE_ADDRESS = "http://alerts.example.invalid/cryptostream"
"""Reaches nothing and nobody: names below ``invalid`` never exist."""


def rules_file(rules: Sequence[Rule], boards: Sequence[Board]) -> dict[str, Any]:
    """One group that is evaluated every minute. Raises KeyError for a panel that no dashboard has."""
    panels = {(board.uid, tile.key): number for board in boards for number, tile in enumerate(board.tiles, 1)}
    group = {
        "orgId": 1,
        "name": "CryptoStream",
        "folder": FOLDER,
        "interval": "1m",
        "rules": [_rule(rule, panels[rule.board, rule.tile]) for rule in rules],
    }
    return {"apiVersion": 1, "groups": [group]}


def contact_points_file() -> dict[str, Any]:
    """An example of a webhook. No notification policy leads to it until somebody makes one."""
    receiver = {
        "uid": "cryptostream-example",
        "type": "webhook",
        "settings": {"url": EXAMPLE_ADDRESS, "httpMethod": "POST", "maxAlerts": 0},
        "disableResolveMessage": False,
    }
    return {
        "apiVersion": 1,
        "contactPoints": [{"orgId": 1, "name": "CryptoStream (example)", "receivers": [receiver]}],
    }


def _rule(rule: Rule, panel: int) -> dict[str, Any]:
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "B",
        "data": [_query(rule), _threshold(rule)],
        "dashboardUid": rule.board,
        "panelId": panel,
        # No rows mean that there is nothing to complain of; a database that is away is told once, as an error.
        "noDataState": "OK",
        "execErrState": "Error",
        "for": rule.lasting,
        "annotations": {"summary": rule.summary, "description": rule.description},
        "labels": {"severity": rule.severity, "product": "cryptostream"},
    }


def _query(rule: Rule) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": rule.range, "to": 0},
        "datasourceUid": DATABASE_UID,
        "model": {
            "refId": "A",
            "datasource": {"type": POSTGRES_TYPE, "uid": DATABASE_UID},
            "editorMode": "code",
            "format": rule.query.format,
            "rawQuery": True,
            "rawSql": rule.query.sql,
            "intervalMs": 1_000,
            "maxDataPoints": 100,
        },
    }


def _threshold(rule: Rule) -> dict[str, Any]:
    return {
        "refId": "B",
        "relativeTimeRange": {"from": rule.range, "to": 0},
        "datasourceUid": "__expr__",
        "model": {
            "refId": "B",
            "datasource": {"type": "__expr__", "uid": "__expr__"},
            "type": "threshold",
            "expression": "A",
            "conditions": [{"evaluator": {"type": "gt", "params": [rule.above]}}],
        },
    }
