"""From a board to Grafana's model of a dashboard (the classic one, which every supported Grafana loads)."""

import json
from typing import Any

from grafana_foundation_sdk.builders.dashboard import AnnotationPanelFilter, Dashboard, TimePicker
from grafana_foundation_sdk.builders.dashboard import Row as RowBuilder
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import (
    AnnotationQuery,
    DashboardCursorSync,
    FieldConfig,
    FieldConfigSource,
    GridPos,
    Panel,
    RowPanel,
)

from cryptostream_grafana.board import COLUMNS, Board, Marks, Tile
from cryptostream_grafana.corrections import correct
from cryptostream_grafana.datasources import DATABASE, PROMETHEUS
from cryptostream_grafana.layout import Place, place
from cryptostream_grafana.links import TAG, to_the_others
from cryptostream_grafana.palette import MUTED
from cryptostream_grafana.panels.looks import by_series, thresholds
from cryptostream_grafana.targets import SqlTarget, prometheus_target

_REFRESH_INTERVALS = ["5s", "10s", "30s", "1m", "5m", "15m", "1h"]


def assemble(board: Board) -> dict[str, Any]:
    """The dashboard's JSON as plain values. Panels are numbered in their order, from 1."""
    numbers = {tile.key: number for number, tile in enumerate(board.tiles, 1)}
    dashboard = (
        Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .time(board.start, "now")
        .refresh(board.refresh)
        .timepicker(TimePicker().refresh_intervals(_REFRESH_INTERVALS))
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .editable()
        .link(to_the_others())
        .variables(list(board.variables))
    )
    for marks in board.marks:
        dashboard.annotation(_MarksBuilder(marks, [numbers[key] for key in marks.tiles]))
    model = dashboard.build()
    model.panels = []
    for row_number, placed in enumerate(place(board), len(numbers) + 1):
        row = RowBuilder(placed.row.title).id(row_number).collapsed(placed.row.collapsed).build()
        row.grid_pos = _position(placed.heading)
        panels = [_panel(tile, numbers[tile.key], where) for tile, where in placed.tiles]
        model.panels.extend(_shown(row, panels))
    return correct(json.loads(json.dumps(model, cls=JSONEncoder)))


def _shown(row: RowPanel, panels: list[Panel]) -> list[Panel | RowPanel]:
    """A collapsed row holds its panels; those of an open one follow it."""
    if row.collapsed:
        row.panels = panels
        return [row]
    return [row, *panels]


def _panel(tile: Tile, number: int, where: Place) -> Panel:
    panel = tile.panel.build()
    panel.id_val = number
    panel.title = tile.title
    panel.description = tile.answers
    panel.grid_pos = _position(where)
    panel.datasource = PROMETHEUS if tile.prometheus else DATABASE
    panel.targets = _targets(tile)
    panel.interval = "$interval"
    panel.max_data_points = tile.points
    if tile.repeat:
        panel.repeat = tile.repeat
        panel.repeat_direction = "h"
        panel.max_per_row = tile.repeats_a_row
        panel.grid_pos.w = COLUMNS
    panel.field_config = panel.field_config or FieldConfigSource(defaults=FieldConfig())
    defaults = panel.field_config.defaults
    defaults.no_value = tile.no_data
    # Grafana's own are green and red.
    defaults.color = defaults.color or by_series().build()
    defaults.thresholds = defaults.thresholds or thresholds((None, MUTED)).build()
    return panel


def _targets(tile: Tile) -> list[Dataquery]:
    sql: list[Dataquery] = [SqlTarget(query, reference) for reference, query in tile.queries.items()]
    return sql + [
        prometheus_target(query.expression, reference, query.legend) for reference, query in tile.prometheus.items()
    ]


def _position(where: Place) -> GridPos:
    return GridPos(h=where.height, w=where.width, x=where.x, y=where.y)


class _SqlAnnotation(AnnotationQuery):
    """The SDK's model knows only the target of Grafana's own annotations."""

    def __init__(self, marks: Marks, panels: list[int]) -> None:
        only = AnnotationPanelFilter().ids(panels).exclude(False).build() if panels else None
        super().__init__(name=marks.name, datasource=DATABASE, enable=True, icon_color=marks.colour, filter_val=only)
        self._marks = marks

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"target": SqlTarget(self._marks.query, "Anno")}


class _MarksBuilder(Builder[AnnotationQuery]):
    def __init__(self, marks: Marks, panels: list[int]) -> None:
        self._annotation = _SqlAnnotation(marks, panels)

    def build(self) -> AnnotationQuery:
        return self._annotation
