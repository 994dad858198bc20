"""The ticker of one symbol."""

from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizTextDisplayOptions
from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.builders.stat import Panel
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from cryptostream_grafana.palette import CRITICAL, DOWN, GOOD, MUTED, UP, VWAP, WARNING
from cryptostream_grafana.panels.decimals import decimals_from
from cryptostream_grafana.panels.looks import by_thresholds, fixed_property, properties, threshold_property, thresholds
from cryptostream_grafana.units import AMOUNT, PERCENT, PRICE, SECONDS

AGE_STEPS: tuple[tuple[float | None, str], ...] = ((None, GOOD), (30, WARNING), (120, CRITICAL))
"""Seconds since the last trade, and their colours."""
SIGN_STEPS: tuple[tuple[float | None, str], ...] = ((None, DOWN), (0, UP))


def ticker(decimals_reference: str, link: str) -> Panel:
    """Price with a sparkline; change, volume, distance from VWAP and the last trade's age, each with its colour."""
    return (
        Panel()
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
        .graph_mode(BigValueGraphMode.AREA)
        .color_mode(BigValueColorMode.VALUE)
        .justify_mode(BigValueJustifyMode.AUTO)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .text(VizTextDisplayOptions().title_size(13).value_size(18))
        .wide_layout(True)
        .unit(PRICE)
        .color_scheme(by_thresholds())
        .thresholds(thresholds((None, MUTED)))
        .data_links([DashboardLink("Only ${symbol}").url(link)])
        .override_by_name("last", [fixed_property(VWAP), *properties(displayName="Last")])
        .override_by_name("change", [threshold_property(*SIGN_STEPS), *_figure("Change", PERCENT, 2)])
        .override_by_name("volume", _figure("Volume", AMOUNT, 2))
        .override_by_name("deviation", [threshold_property(*SIGN_STEPS), *_figure("From VWAP", PERCENT, 2)])
        .override_by_name("age", [threshold_property(*AGE_STEPS), *_figure("Last trade", SECONDS, 0)])
        .with_transformation(decimals_from(decimals_reference))
    )


def _figure(name: str, unit: str, decimals: int) -> list[DynamicConfigValue]:
    return properties(displayName=name, unit=unit, decimals=decimals)
