"""Every SQL query that Grafana is given: taken from the generated files, matched with its definition in the code."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from cryptostream_grafana.alerting.rules import RULES
from cryptostream_grafana.dashboards import boards
from cryptostream_grafana.datasources import POSTGRES_TYPE
from cryptostream_grafana.queries.query import Query
from cryptostream_grafana.variables import QUERIES

FILES = Path(__file__).resolve().parents[2] / "charts/cryptostream/files"
_WIDTH_IN_PIXELS = 1_900
_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class FoundQuery:
    """A query as Grafana runs it. ``points`` and ``shortest`` decide about ``$__interval``."""

    place: str
    """Where it stands, for messages: file, panel or variable, reference."""
    kind: Literal["panel", "variable", "annotation", "alert"]
    sql: str
    format: str
    points: int = 100
    shortest: str = "1s"
    repeat: str | None = None
    """The variable of which a repeated panel has one value only."""
    seconds: int | None = None
    """The fixed range of an alert rule."""


def dashboard_queries() -> Iterator[FoundQuery]:
    """Of every panel, variable and annotation of the dashboards, those to Prometheus left out."""
    for path in sorted((FILES / "dashboards").glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield FoundQuery(f"{path.stem}: variable {variable['name']}", "variable", variable["query"], "table")
        for marks in board["annotations"]["list"]:
            if target := marks.get("target"):
                place = f"{path.stem}: annotation {marks['name']}"
                yield FoundQuery(place, "annotation", target["rawSql"], target["format"])
        for panel in panels(board):
            yield from _of_panel(path.stem, panel)


def panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The panels of a dashboard, those of collapsed rows too."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels") or []
        else:
            yield panel


def _of_panel(board: str, panel: Mapping[str, Any]) -> Iterator[FoundQuery]:
    for target in panel.get("targets", []):
        if target["datasource"]["type"] == POSTGRES_TYPE:
            yield FoundQuery(
                f"{board}: {panel['title']} {target['refId']}",
                "panel",
                target["rawSql"],
                target["format"],
                panel.get("maxDataPoints") or _WIDTH_IN_PIXELS * panel["gridPos"]["w"] // _COLUMNS,
                panel.get("interval") or "1s",
                panel.get("repeat"),
            )


def alert_queries() -> Iterator[FoundQuery]:
    """Of the alert rules; provisioning leaves a rule's queries as they are."""
    for path in sorted((FILES / "alerting").glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8")).get("groups", []):
            for rule in group["rules"]:
                for data in rule["data"]:
                    if "rawSql" in data["model"]:
                        yield FoundQuery(
                            f"{path.stem}: {rule['title']} {data['refId']}",
                            "alert",
                            data["model"]["rawSql"],
                            data["model"]["format"],
                            seconds=data["relativeTimeRange"]["from"] - data["relativeTimeRange"]["to"],
                        )


def definitions() -> dict[str, Query]:
    """What the code says of each query, by its text."""
    queries = [
        *QUERIES.values(),
        *(query for board in boards() for tile in board.tiles for query in tile.queries.values()),
        *(marks.query for board in boards() for marks in board.marks),
        *(rule.query for rule in RULES),
    ]
    return {query.sql: query for query in queries}


def defined(found: FoundQuery, known: Mapping[str, Query]) -> Query:
    """The definition of a query. Raises LookupError where the files are older than the code."""
    try:
        return known[found.sql]
    except KeyError:
        raise LookupError(f"{found.place}: not in the code: run `make generate`") from None
