"""Decimals by symbol: a query counts them, Grafana applies what it finds to the panel's fields."""

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig


def decimals_from(reference: str) -> DataTransformerConfig:
    """Give the fields of the panel's other queries as many decimals as the column ``decimals`` of this one says."""
    return DataTransformerConfig(
        id_val="configFromData",
        options={
            "configRefId": reference,
            "mappings": [{"fieldName": "decimals", "handlerKey": "decimals", "reducerId": "max"}],
        },
    )
