"""Lines and bars over time."""

from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    GraphDrawStyle,
    LegendPlacement,
    LineInterpolation,
    VisibilityMode,
)

from cryptostream_grafana.palette import DOWN, MUTED, UP, VWAP
from cryptostream_grafana.panels.decimals import decimals_from
from cryptostream_grafana.panels.looks import fixed_property, legend, no_legend, properties, tooltip
from cryptostream_grafana.units import AMOUNT, PRICE


def lines(unit: str, *, decimals: int | None = None) -> Panel:
    """Thin lines without points, and a legend with each one's last value.

    Nulls are spanned: where series are many, they are other series' times.
    """
    panel = (
        Panel()
        .draw_style(GraphDrawStyle.LINE)
        .line_interpolation(LineInterpolation.LINEAR)
        .line_width(1)
        .fill_opacity(0)
        .show_points(VisibilityMode.NEVER)
        .span_nulls(True)
        .unit(unit)
        .legend(legend("lastNotNull", placement=LegendPlacement.RIGHT))
        .tooltip(tooltip())
    )
    return panel if decimals is None else panel.decimals(decimals)


def taker_bars() -> Panel:
    """Bars up for taker buys and down for taker sells, and the running difference on an axis of its own."""
    return (
        lines(AMOUNT)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(70)
        .line_width(0)
        .legend(legend())
        .axis_centered_zero(True)
        .override_by_name("taker buys", [fixed_property(UP)])
        .override_by_name("taker sells", [fixed_property(DOWN)])
        .override_by_name(
            "net since start",
            [
                fixed_property(VWAP),
                *properties(
                    custom__drawStyle=GraphDrawStyle.LINE,
                    custom__fillOpacity=0,
                    custom__lineWidth=2,
                    custom__axisPlacement=AxisPlacement.RIGHT,
                ),
            ],
        )
    )


def trend_lines(decimals_reference: str) -> Panel:
    """A symbol's price with its moving average, small."""
    return (
        lines(PRICE)
        .legend(no_legend())
        .override_by_name("price", [fixed_property(MUTED)])
        .override_by_name("moving average", [fixed_property(VWAP), *properties(custom__lineWidth=2)])
        .with_transformation(decimals_from(decimals_reference))
    )
