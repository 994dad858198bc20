"""What dashboards ask Prometheus for is what the parts and kube-state-metrics give it."""

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from cryptostream_grafana.board import PrometheusQuery
from cryptostream_grafana.dashboards import boards
from cryptostream_job.metrics import JobMetrics
from cryptostream_producer.metrics import ProducerMetrics

_CHART = Path(__file__).resolve().parents[2] / "charts/cryptostream"
QUERIES = [
    pytest.param(query, id=f"{tile.key}-{reference}")
    for board in boards()
    for tile in board.tiles
    for reference, query in tile.prometheus.items()
]
_LABELS_OF_TARGETS = {"namespace", "pod", "name", "type", "status", "le", "cryptostream_io_stream"}


def samples_and_labels(registry: CollectorRegistry) -> dict[str, set[str]]:
    """The names that samples have in Prometheus, each with the labels of its metric."""
    known = {}
    for collector in registry._collector_to_names:
        for name in registry._collector_to_names[collector]:
            known[name] = set(getattr(collector, "_labelnames", ()))
    return known


def known() -> dict[str, set[str]]:
    file = yaml.safe_load((_CHART / "files/kube-state-metrics.yaml").read_text())
    resources = {
        f"{resource['metricNamePrefix']}_{metric['name']}": set[str]()
        for resource in file["spec"]["resources"]
        for metric in resource["metrics"]
    }
    return samples_and_labels(JobMetrics().registry) | samples_and_labels(ProducerMetrics().registry) | resources


@pytest.mark.parametrize("query", QUERIES)
def test_metrics_and_labels_exist(query: PrometheusQuery) -> None:
    metrics = known()
    names = re.findall(r"cryptostream_(?!io_)\w+", query.expression)
    assert names
    assert set(names) <= metrics.keys()
    used = {
        *re.findall(r"(\w+)=\"", query.expression),
        *(label.strip() for group in re.findall(r" by \(([^)]*)\)", query.expression) for label in group.split(",")),
        *re.findall(r"\{\{(\w+)\}\}", query.legend),
    }
    assert used <= _LABELS_OF_TARGETS.union(*(metrics[name] for name in names))


@pytest.mark.parametrize("query", QUERIES)
def test_they_ask_for_the_chosen_stream_only(query: PrometheusQuery) -> None:
    for selector in re.findall(r"\{(?!\{)([^}]*)\}", query.expression):
        assert 'namespace="$namespace"' in selector
        assert 'cryptostream_io_stream="$name"' in selector or 'name="$name"' in selector


def test_every_panel_that_reads_prometheus_lies_in_a_row_that_is_closed() -> None:
    for board in boards():
        for row in board.rows:
            assert row.collapsed or not any(tile.prometheus for tile in row.tiles)
