"""Queries as Grafana's data sources take them."""

from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.cog.variants import Dataquery

from cryptostream_grafana.datasources import DATABASE, PROMETHEUS
from cryptostream_grafana.queries.query import Query


class SqlTarget(Dataquery):
    """The model of a query to Grafana's PostgreSQL data source, which the SDK lacks."""

    def __init__(self, query: Query, reference: str) -> None:
        self._query = query
        self._reference = reference

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": DATABASE,
            "editorMode": "code",
            "format": self._query.format,
            "rawQuery": True,
            "rawSql": self._query.sql,
            "refId": self._reference,
        }


def prometheus_target(expression: str, reference: str, legend: str) -> Dataquery:
    """A range query to the Prometheus that the dashboard's variable names."""
    return (
        PrometheusQuery()
        .datasource(PROMETHEUS)
        .expr(expression)
        .legend_format(legend)
        .ref_id(reference)
        .range()
        .build()
    )
