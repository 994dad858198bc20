"""States over time and states now."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import ValueMap, ValueMapping, ValueMappingResult

from cryptostream_grafana.palette import CRITICAL, GOOD, SEVERITIES, STATES, WARNING
from cryptostream_grafana.panels.looks import legend, properties, thresholds, tooltip
from cryptostream_grafana.panels.tables import coloured_words, column, table
from cryptostream_grafana.queries.alerts import STATE_CODES

_COLOURS = {"quiet": "transparent", "withdrawn": STATES["withdrawn"], **SEVERITIES}
_JUDGEMENTS = {"good": GOOD, "doubtful": WARNING, "bad": CRITICAL}


def alert_timeline() -> StateTimeline:
    """A line for each symbol and detector, coloured while an alert lasts."""
    return _timeline().mappings(_codes()).show_value(VisibilityMode.NEVER).row_height(0.8).per_page(30)


def conditions_timeline(colours: Mapping[str, str]) -> StateTimeline:
    """A line for each condition: 1 and 0 as the two words of ``colours``, the one that holds first."""
    options = {
        str(1 - number): ValueMappingResult(text=word, color=colour, index=number)
        for number, (word, colour) in enumerate(colours.items())
    }
    return _timeline().mappings([ValueMap(options=options)]).show_value(VisibilityMode.AUTO).row_height(0.7)


def judgements() -> Table:
    """Conditions with their state in words and colours."""
    return (
        table()
        .override_by_name("condition", column("Condition", custom__width=170))
        .override_by_name("state", coloured_words("State", _JUDGEMENTS, 90))
        .override_by_name("detail", column("Why"))
    )


def _timeline() -> StateTimeline:
    """A state lasts until the next one: nulls in between are other series' times."""
    return (
        StateTimeline()
        .thresholds(thresholds((None, "transparent")))
        .merge_values(True)
        .line_width(0)
        .fill_opacity(90)
        .legend(legend())
        .tooltip(tooltip(every_series=False))
        .override_by_regexp("/.*/", properties(custom__spanNulls=True))
    )


def _codes() -> list[ValueMapping]:
    options = {
        str(code): ValueMappingResult(text=word, color=_COLOURS[word], index=code) for word, code in STATE_CODES.items()
    }
    return [ValueMap(options=options)]
