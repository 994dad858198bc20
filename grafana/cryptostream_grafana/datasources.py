"""Where panels read from: variables of the dashboard, so that no installation's uid is written down."""

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableHide

POSTGRES_TYPE = "grafana-postgresql-datasource"
PROMETHEUS_TYPE = "prometheus"
DATABASE = DataSourceRef(type_val=POSTGRES_TYPE, uid="${datasource}")
PROMETHEUS = DataSourceRef(type_val=PROMETHEUS_TYPE, uid="${prometheus}")


def database_variable() -> DatasourceVariable:
    """Grafana takes the data source of this type that is its default, else the first by name."""
    return (
        DatasourceVariable("datasource")
        .type(POSTGRES_TYPE)
        .label("Database")
        .description("The PostgreSQL or TimescaleDB that holds the streams")
    )


def prometheus_variable() -> DatasourceVariable:
    """May have no value at all: no panel stops working without it."""
    return (
        DatasourceVariable("prometheus")
        .type(PROMETHEUS_TYPE)
        .label("Prometheus")
        .hide(VariableHide.HIDE_VARIABLE)
        .description("Used where one is configured")
    )
