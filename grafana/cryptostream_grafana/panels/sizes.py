"""The heatmap of trade sizes."""

from grafana_foundation_sdk.builders.common import (
    HeatmapCalculationBucketConfig,
    HeatmapCalculationOptions,
    ScaleDistributionConfig,
)
from grafana_foundation_sdk.builders.heatmap import (
    CellValues,
    FilterValueRange,
    HeatmapColorOptions,
    Panel,
    RowsHeatmapOptions,
    YAxisConfig,
)
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    HeatmapCalculationMode,
    HeatmapCellLayout,
    ScaleDistribution,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale

from cryptostream_grafana.units import AMOUNT, COUNT

_COLUMNS = 90
_CLASSES_A_DOUBLING = 3


def size_heatmap() -> Panel:
    """Classes of sizes on a logarithmic axis; the brighter a cell, the more often. Viridis reads in shades of grey."""
    return (
        Panel()
        .calculate(True)
        .calculation(
            HeatmapCalculationOptions()
            .x_buckets(HeatmapCalculationBucketConfig().mode(HeatmapCalculationMode.COUNT).value(str(_COLUMNS)))
            .y_buckets(
                HeatmapCalculationBucketConfig()
                .mode(HeatmapCalculationMode.SIZE)
                .value(str(_CLASSES_A_DOUBLING))
                .scale(ScaleDistributionConfig().type(ScaleDistribution.LOG).log(2))
            )
        )
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
        .rows_frame(RowsHeatmapOptions().layout(HeatmapCellLayout.AUTO))
        .cell_values(CellValues().unit(COUNT))
        .filter_values(FilterValueRange().le(1e-9))
        .y_axis(YAxisConfig().axis_placement(AxisPlacement.LEFT).unit(AMOUNT))
        .cell_gap(0)
        .show_legend()
        .mode(TooltipDisplayMode.SINGLE)
        .show_y_histogram()
        .show_color_scale(True)
    )
