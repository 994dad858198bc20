"""Variables of the dashboards: the same names everywhere, so that links carry them along."""

from grafana_foundation_sdk.builders.dashboard import CustomVariable, IntervalVariable, QueryVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from cryptostream_grafana.datasources import DATABASE, database_variable, prometheus_variable
from cryptostream_grafana.queries import choices
from cryptostream_grafana.queries.query import Query

Variable = Builder[VariableModel]
INTERVALS = ("10s", "30s", "1m", "5m", "15m", "1h", "4h", "1d")
SEVERITIES = ("info", "warning", "critical")
_AUTOMATIC_STEPS = 10_000
"""So many that the shortest interval comes out: how many points a panel has then decides alone."""

QUERIES: dict[str, Query] = {
    "stream": choices.streams(),
    "namespace": choices.stream_parts(1),
    "name": choices.stream_parts(2),
    "exchange": choices.exchanges(),
    "symbol": choices.symbols(),
    "chart": choices.charted(),
    "detector": choices.detectors(),
}


def common_variables(*, charted: bool = False, prometheus: bool = False) -> list[Variable]:
    """The variables of a dashboard, each after those that it depends on.

    ``charted``: it has panels that show one symbol large. ``prometheus``: it has panels that read Prometheus.
    """
    return [
        database_variable(),
        *([prometheus_variable()] if prometheus else []),
        _single("stream", "Stream", "Namespace and name of the CryptoStream"),
        *(_parts_of_stream() if prometheus else []),
        _several("exchange", "Exchange", "Exchanges of the stream"),
        _several("symbol", "Symbols", "Symbols of the stream, as the exchange writes them"),
        *([_single("chart", "Chart", "The symbol that is charted large")] if charted else []),
        _several("detector", "Detector", "Detectors whose alerts are shown"),
        _severity(),
        _interval(),
    ]


def _query(name: str, label: str, description: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATABASE)
        .query(QUERIES[name].sql)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .allow_custom_value(False)
    )


def _single(name: str, label: str, description: str) -> Variable:
    return _query(name, label, description).multi(False).include_all(False)


def _parts_of_stream() -> list[Variable]:
    return [
        _query(name, label, description).multi(False).include_all(False).hide(VariableHide.HIDE_VARIABLE)
        for name, label, description in (
            ("namespace", "Namespace", "The stream's namespace, for Prometheus; follows *Stream*, not shown"),
            ("name", "Name", "The stream's name, for Prometheus; follows *Stream*, not shown"),
        )
    ]


def _several(name: str, label: str, description: str) -> Variable:
    return _query(name, label, description).multi(True).include_all(True).current(_everything())


def _severity() -> Variable:
    return (
        CustomVariable("severity")
        .label("Severity")
        .description("Of the alert's highest score so far")
        .values(",".join(SEVERITIES))
        .multi(True)
        .include_all(True)
        .allow_custom_value(False)
        .current(_everything())
    )


def _interval() -> Variable:
    """The shortest interval that panels use. Automatic: as long as a panel's range and width ask for."""
    return (
        IntervalVariable("interval")
        .label("Interval")
        .description("How long a candle or point is at least; it also chooses the rollup that is read")
        .values(",".join(INTERVALS))
        .auto(True)
        .min_interval(INTERVALS[0])
        .step_count(_AUTOMATIC_STEPS)
        .current(VariableOption(text="auto", value="$__auto_interval_interval"))
    )


def _everything() -> VariableOption:
    return VariableOption(text=["All"], value=["$__all"])
