"""Bars: over time, by class or name, and by symbol."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.barchart import Panel as BarChart
from grafana_foundation_sdk.builders.bargauge import Panel as BarGauge
from grafana_foundation_sdk.builders.common import ReduceDataOptions, StackingConfig
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BarGaugeValueMode,
    GraphDrawStyle,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)

from cryptostream_grafana.panels.lines import lines
from cryptostream_grafana.panels.looks import by_thresholds, fixed_property, legend, thresholds, tooltip
from cryptostream_grafana.units import COUNT


def stacked_bars(unit: str, colours: Mapping[str, str], *, decimals: int | None = None) -> TimeSeries:
    """Bars over time, one series on the other; ``colours`` of series that have a meaning, by their name."""
    panel = (
        lines(unit, decimals=decimals)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(StackingConfig().mode(StackingMode.NORMAL))
        .legend(legend())
    )
    for name, colour in colours.items():
        panel = panel.override_by_name(name, [fixed_property(colour)])
    return panel


def stacked_classes(name: str, colours: Mapping[str, str], *, lying: bool = False) -> BarChart:
    """A bar for each value of the column ``name``, made of the other columns in their colours."""
    panel = (
        BarChart()
        .x_field(name)
        .orientation(VizOrientation.HORIZONTAL if lying else VizOrientation.VERTICAL)
        .stacking(StackingMode.NORMAL)
        .show_value(VisibilityMode.NEVER)
        .fill_opacity(80)
        .line_width(0)
        .unit(COUNT)
        .legend(legend())
        .tooltip(tooltip())
    )
    for column, colour in colours.items():
        panel = panel.override_by_name(column, [fixed_property(colour)])
    return panel


def gauges(unit: str, steps: tuple[tuple[float | None, str], ...], highest: float) -> BarGauge:
    """A lying bar for each row, coloured by its value; bars end at ``highest``."""
    return (
        BarGauge()
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .value_mode(BarGaugeValueMode.COLOR)
        .reduce_options(ReduceDataOptions().values(True).calcs([]).fields(""))
        .show_unfilled(True)
        .min(0)
        .max(highest)
        .unit(unit)
        .decimals(0)
        .color_scheme(by_thresholds())
        .thresholds(thresholds(*steps))
    )
