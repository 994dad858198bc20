"""Tables."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.common import FieldTextAlignment, TableCellHeight
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from cryptostream_grafana.palette import SEVERITIES, STATES, UP
from cryptostream_grafana.panels.looks import named_colours, properties, threshold_property
from cryptostream_grafana.panels.tickers import AGE_STEPS, SIGN_STEPS
from cryptostream_grafana.units import AMOUNT, PERCENT, SECONDS, TRADES_PER_SECOND

_COLOURED = {"type": "color-text"}
_RIGHT = {"custom__align": FieldTextAlignment.RIGHT}


def table() -> Panel:
    return Panel().show_header(True).cell_height(TableCellHeight.SM)


def column(name: str, **further: object) -> list[DynamicConfigValue]:
    """A column's heading and properties, a dot in their names written as two underscores."""
    return properties(displayName=name, **further)


def coloured_words(name: str, colours: Mapping[str, str], width: int) -> list[DynamicConfigValue]:
    return column(name, mappings=named_colours(colours), custom__cellOptions=_COLOURED, custom__width=width)


def link_property(title: str, url: str) -> DynamicConfigValue:
    """Cells of the column lead to ``url``."""
    return DynamicConfigValue(id_val="links", value=[{"title": title, "url": url, "targetBlank": False}])


def watchlist(link: str) -> Panel:
    """Symbols with their figures; ``link`` charts the row's symbol."""
    return (
        table()
        .override_by_name("symbol", [*column("Symbol"), link_property("Chart ${__value.text}", link)])
        .override_by_name("last", column("Last", **_RIGHT))
        .override_by_name("change", figure_column("Change", PERCENT, 2, SIGN_STEPS))
        .override_by_name("low", column("Low", **_RIGHT))
        .override_by_name("high", column("High", **_RIGHT))
        .override_by_name(
            "position",
            column(
                "Low to high",
                unit=PERCENT,
                decimals=0,
                min=0,
                max=100,
                color={"mode": "fixed", "fixedColor": UP},
                custom__cellOptions={"type": "gauge", "mode": "basic", "valueDisplayMode": "hidden"},
            ),
        )
        .override_by_name("volume", column("Volume", unit=AMOUNT, decimals=2))
        .override_by_name("deviation", figure_column("From VWAP", PERCENT, 2, SIGN_STEPS))
        .override_by_name("rate", column("Trades", unit=TRADES_PER_SECOND, decimals=1))
        .override_by_name("alerts", column("Alerts", decimals=0))
        .override_by_name("age", figure_column("Last trade", SECONDS, 0, AGE_STEPS))
    )


def alert_list(link: str) -> Panel:
    """Alerts, the newest first; ``link`` shows the row's alert on the chart."""
    states = {"going on": STATES["confirmed"], **STATES}
    return (
        table()
        .override_by_name("time", [*column("Time", custom__width=180), link_property("Show on the chart", link)])
        .override_by_name("symbol", [*column("Symbol"), link_property("Show on the chart", link)])
        .override_by_name("detector", column("Detector"))
        .override_by_name("direction", column("Direction", custom__width=90))
        .override_by_name("severity", coloured_words("Severity", SEVERITIES, 90))
        .override_by_name("state", coloured_words("State", states, 100))
        .override_by_name("score", column("Score", decimals=1, custom__width=90))
        .override_by_name("price", column("Price", **_RIGHT))
        .override_by_regexp("/_ms$/", properties(custom__hideFrom__viz=True, custom__hidden=True))
    )


def figure_column(
    name: str, unit: str, decimals: int, steps: tuple[tuple[float | None, str], ...]
) -> list[DynamicConfigValue]:
    """A column of figures in colours from values on."""
    return [
        *column(name, unit=unit, decimals=decimals, custom__cellOptions=_COLOURED),
        threshold_property(*steps),
        DynamicConfigValue(id_val="color", value={"mode": "thresholds"}),
    ]
