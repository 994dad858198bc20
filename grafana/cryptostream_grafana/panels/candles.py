"""The candlestick chart."""

from grafana_foundation_sdk.builders.candlestick import CandlestickColors, CandlestickFieldMap, Panel
from grafana_foundation_sdk.models.candlestick import CandleStyle, ColorStrategy, VizDisplayMode

from cryptostream_grafana.palette import BANDS, DOWN, NEUTRAL, UP, VWAP
from cryptostream_grafana.panels.decimals import decimals_from
from cryptostream_grafana.panels.looks import fixed_property, legend, properties, tooltip
from cryptostream_grafana.units import AMOUNT, PRICE


def candlesticks(decimals_reference: str) -> Panel:
    """Hollow rising and filled falling candles with volume below, VWAP and bands over them.

    ``decimals_reference`` is the query that tells how many decimals prices have.
    """
    return (
        Panel()
        .mode(VizDisplayMode.CANDLES_VOLUME)
        .candle_style(CandleStyle.CANDLES)
        .color_strategy(ColorStrategy.OPEN_CLOSE)
        .colors(CandlestickColors().up(UP).down(DOWN).flat(NEUTRAL))
        .fields(CandlestickFieldMap().open("open").high("high").low("low").close("close").volume("volume"))
        .include_all_fields(True)
        .unit(PRICE)
        .legend(legend())
        .tooltip(tooltip())
        .override_by_name("volume", properties(unit=AMOUNT))
        .override_by_name("VWAP", [fixed_property(VWAP), *properties(custom__lineWidth=2)])
        .override_by_regexp(
            "/ band$/",
            [
                fixed_property(BANDS),
                *properties(custom__lineWidth=1, custom__lineStyle={"fill": "dash", "dash": [6, 6]}),
            ],
        )
        .override_by_name("upper band", properties(custom__fillBelowTo="lower band", custom__fillOpacity=6))
        .with_transformation(decimals_from(decimals_reference))
    )
