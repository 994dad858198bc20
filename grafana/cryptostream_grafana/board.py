"""A dashboard as values: what is on it, where, and what it answers. ``assemble`` makes Grafana's model of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

from cryptostream_grafana.queries.query import Query
from cryptostream_grafana.variables import Variable

COLUMNS = 24
"""Width of Grafana's grid."""


@dataclass(frozen=True, slots=True)
class PrometheusQuery:
    """PromQL with the template of its legend."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A panel and its place. ``width`` is in columns of the grid, ``height`` in its lines of 38 pixels."""

    key: str
    """Its name in the code, unique on the dashboard."""
    title: str
    answers: str
    """The question that the panel answers, and how to read it: Grafana shows it as the panel's description."""
    panel: Builder[Panel]
    """Options and looks only: everything else is set when the dashboard is assembled."""
    queries: Mapping[str, Query] = field(default_factory=dict)
    """By Grafana's reference: ``A``, ``B``."""
    prometheus: Mapping[str, PrometheusQuery] = field(default_factory=dict)
    width: int = 12
    height: int = 8
    no_data: str = "Nothing in this range"
    points: int | None = None
    """Points (intervals) that the panel asks for; without, as many as it has pixels."""
    repeat: str | None = None
    """The variable by which the panel is repeated, in the whole width of the grid."""
    repeats_a_row: int = 4


@dataclass(frozen=True, slots=True)
class Row:
    """Tiles below a heading, laid out from left to right. A collapsed row reads nothing until it is opened."""

    title: str
    tiles: tuple[Tile, ...]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """Regions or lines over the panels with a time axis."""

    name: str
    query: Query
    colour: str
    tiles: tuple[str, ...] = ()
    """Keys of the tiles that show them; all, if none is named."""


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard. ``uid`` stays the same for ever: links and stars hang on it."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...]
    marks: tuple[Marks, ...] = ()
    start: str = "now-1h"
    refresh: str = "10s"

    @property
    def tiles(self) -> Iterator[Tile]:
        return (tile for row in self.rows for tile in row.tiles)
