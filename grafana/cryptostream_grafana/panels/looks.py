"""Looks that panels share."""

from collections.abc import Mapping
from typing import cast

from grafana_foundation_sdk.builders.common import VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, SortOrder, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)


def legend(*calculations: str, placement: LegendPlacement = LegendPlacement.BOTTOM) -> VizLegendOptions:
    """A list below the panel, with figures a table."""
    return (
        VizLegendOptions()
        .show_legend(True)
        .display_mode(LegendDisplayMode.TABLE if calculations else LegendDisplayMode.LIST)
        .placement(placement)
        .calcs(list(calculations))
    )


def no_legend() -> VizLegendOptions:
    return (
        VizLegendOptions().show_legend(False).display_mode(LegendDisplayMode.HIDDEN).placement(LegendPlacement.BOTTOM)
    )


def tooltip(*, every_series: bool = True) -> VizTooltipOptions:
    """All series of a time, the largest first, or the one under the pointer."""
    mode = TooltipDisplayMode.MULTI if every_series else TooltipDisplayMode.SINGLE
    return VizTooltipOptions().mode(mode).sort(SortOrder.DESCENDING if every_series else SortOrder.NONE)


def fixed(colour: str) -> FieldColor:
    return FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def by_series() -> FieldColor:
    """A colour for each series, told apart without full colour vision; the SDK does not know the palette yet."""
    colour = FieldColor()
    colour.build().mode = cast("FieldColorModeId", "palette-colorblind")
    return colour


def by_thresholds() -> FieldColor:
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def thresholds(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    """Colours from values on; the first has none, it is what lies below all others."""
    found = [Threshold(value=value, color=colour) for value, colour in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def threshold_property(*steps: tuple[float | None, str]) -> DynamicConfigValue:
    """The same for the override of one column."""
    return DynamicConfigValue(id_val="thresholds", value=thresholds(*steps).build())


def named_colours(colours: Mapping[str, str]) -> list[ValueMapping]:
    """Words in their colours: ``{"critical": CRITICAL}``."""
    options = {
        word: ValueMappingResult(text=word.replace("_", " "), color=colour, index=number)
        for number, (word, colour) in enumerate(colours.items())
    }
    return [ValueMap(options=options)]


def properties(**values: object) -> list[DynamicConfigValue]:
    """Properties of an override; a dot in a name is written as two underscores: ``custom__lineWidth=2``."""
    return [DynamicConfigValue(id_val=name.replace("__", "."), value=value) for name, value in values.items()]


def fixed_property(colour: str) -> DynamicConfigValue:
    return DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})
