"""Large figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizTextDisplayOptions
from grafana_foundation_sdk.builders.stat import Panel
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from cryptostream_grafana.palette import MUTED
from cryptostream_grafana.panels.looks import by_thresholds, properties, threshold_property, thresholds
from cryptostream_grafana.units import COUNT

Steps = tuple[tuple[float | None, str], ...]
PLAIN: Steps = ((None, MUTED),)


@dataclass(frozen=True, slots=True)
class Figure:
    """A column as a large figure with its name below; ``steps`` are colours from values on."""

    column: str
    name: str
    unit: str = COUNT
    decimals: int = 0
    steps: Steps = PLAIN


def figures(shown: Sequence[Figure]) -> Panel:
    """The columns of one row side by side."""
    panel = (
        Panel()
        .orientation(VizOrientation.VERTICAL)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .justify_mode(BigValueJustifyMode.CENTER)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .text(VizTextDisplayOptions().title_size(13).value_size(26))
        .wide_layout(False)
        .unit(COUNT)
        .color_scheme(by_thresholds())
        .thresholds(thresholds(*PLAIN))
    )
    for figure in shown:
        panel = panel.override_by_name(figure.column, _properties(figure))
    return panel


def _properties(figure: Figure) -> list[DynamicConfigValue]:
    return [
        threshold_property(*figure.steps),
        *properties(displayName=figure.name, unit=figure.unit, decimals=figure.decimals),
    ]
