"""The heatmap of trade sizes."""

from grafana_foundation_sdk.builders.heatmap import (
    CellValues,
    FilterValueRange,
    HeatmapColorOptions,
    Panel,
    RowsHeatmapOptions,
    YAxisConfig,
)
from grafana_foundation_sdk.models.common import AxisPlacement, HeatmapCellLayout, TooltipDisplayMode
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale

from cryptostream_grafana.units import AMOUNT, COUNT


def size_heatmap() -> Panel:
    """A row for each class of size, named by its lower bound; the brighter a cell, the more trades.

    Viridis reads in shades of grey.
    """
    return (
        Panel()
        .calculate(False)
        .color(
            HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scheme("Viridis")
            .scale(HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .steps(64)
            .reverse(False)
            .fill("dark-blue")
        )
        .rows_frame(RowsHeatmapOptions().layout(HeatmapCellLayout.GE).value("trades"))
        .cell_values(CellValues().unit(COUNT))
        .filter_values(FilterValueRange().le(1e-9))
        .y_axis(YAxisConfig().axis_placement(AxisPlacement.LEFT).unit(AMOUNT))
        .cell_gap(0)
        .show_legend()
        .mode(TooltipDisplayMode.SINGLE)
        .show_y_histogram()
        .show_color_scale(True)
    )
