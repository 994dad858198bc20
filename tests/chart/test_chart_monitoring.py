"""Alerts: about metrics that exist, each with a runbook entry, for the release's namespaces only."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from cryptostream_job.metrics import JobMetrics
from cryptostream_operator.api.crd import custom_resource_definition
from cryptostream_operator.labels import STREAM
from cryptostream_operator.metrics import PHASES, OperatorMetrics
from cryptostream_producer.metrics import ProducerMetrics
from harness.helm_chart import NAMESPACE, REPOSITORY, Rendered, refusal, render

RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()
SEVERITIES = {"critical", "warning", "info"}
_METRIC = re.compile(r"\bcryptostream_(?:operator|producer|job)_[a-z0-9_]+")
_RULES = {"monitoring": {"rules": {"enabled": True}}}


def alerts(rendered: Rendered) -> Sequence[dict[str, Any]]:
    groups = rendered.one("PrometheusRule")["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def rules() -> Sequence[dict[str, Any]]:
    return alerts(render(_RULES))


def exposed(registry: CollectorRegistry) -> Iterator[str]:
    """The names of a registry's series."""
    for family in registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
        yield from (family.name + suffix for suffix in suffixes.get(family.type, ("",)))


def test_every_metric_that_a_rule_names_exists(rules: Sequence[dict[str, Any]]) -> None:
    known = {name for parts in (OperatorMetrics(), ProducerMetrics(), JobMetrics()) for name in exposed(parts.registry)}
    for rule in rules:
        named = set(_METRIC.findall(rule["expr"]))
        assert named, rule["alert"]
        assert named <= known, rule["alert"]


def test_every_alert_has_a_runbook_entry_and_every_entry_an_alert(rules: Sequence[dict[str, Any]]) -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    assert sections == [rule["alert"] for rule in rules]


def test_every_alert_says_how_bad_and_where(rules: Sequence[dict[str, Any]]) -> None:
    for rule in rules:
        assert rule["labels"]["severity"] in SEVERITIES, rule["alert"]
        annotations = rule["annotations"]
        assert annotations["summary"] and annotations["description"], rule["alert"]
        assert annotations["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_links_of_the_runbook_lead_somewhere() -> None:
    sections = {f"#{name.lower()}" for name in re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)}
    assert set(re.findall(r"\]\((#[^)]+)\)", RUNBOOK)) <= sections


def test_the_runbook_can_be_kept_elsewhere() -> None:
    rendered = render({"monitoring": {"rules": {"enabled": True, "runbook": "https://wiki.example.org/runbook"}}})
    found = alerts(rendered)[0]["annotations"]
    assert found["runbook_url"] == "https://wiki.example.org/runbook#cryptostreamoperatordown"


def test_phases_that_rules_name_exist(rules: Sequence[dict[str, Any]]) -> None:
    for rule in rules:
        for choice in re.findall(r'phase=~?"([^"]+)"', rule["expr"]):
            assert set(choice.split("|")) <= set(PHASES), rule["alert"]


def test_rules_group_by_the_label_that_pod_monitors_copy(rules: Sequence[dict[str, Any]]) -> None:
    label = re.sub(r"[^a-z]", "_", STREAM)
    assert all(label in rule["expr"] for rule in rules if "_producer_" in rule["expr"])


@pytest.mark.parametrize(
    ("namespaces", "selector"),
    [([], f'namespace=~"{NAMESPACE}"'), (["desk", "research"], 'namespace=~"desk|research"'), (["*"], 'namespace!=""')],
)
def test_rules_are_about_the_namespaces_that_are_looked_after(namespaces: list[str], selector: str) -> None:
    found = alerts(render({**_RULES, "operator": {"watchNamespaces": namespaces}}))
    for rule in found:
        selectors = re.findall(r"cryptostream_\w+\{([^}]*)\}", rule["expr"])
        assert len(selectors) == len(_METRIC.findall(rule["expr"])), rule["alert"]
        wanted = f'namespace="{NAMESPACE}"' if "_operator_" in rule["expr"] else selector
        assert all(each.startswith(wanted) for each in selectors), rule["alert"]


def test_alerts_can_be_left_out_and_labelled() -> None:
    settings = {"enabled": True, "disabled": ["CryptoStreamTradesLate"], "alertLabels": {"team": "markets"}}
    found = alerts(render({"monitoring": {"rules": settings}}))
    assert "CryptoStreamTradesLate" not in {rule["alert"] for rule in found}
    assert {rule["labels"]["team"] for rule in found} == {"markets"}


def test_an_unknown_alert_cannot_be_left_out() -> None:
    message = refusal({"monitoring": {"rules": {"enabled": True, "disabled": ["CryptoStreamSlow"]}}})
    assert "CryptoStreamSlow, which is no alert. There are: CryptoStreamOperatorDown" in message


def test_pod_monitors_choose_what_there_is() -> None:
    monitored = {"monitoring": {"podMonitor": {"enabled": True, "labels": {"release": "prometheus"}}}}
    assert render(monitored).names("PodMonitor") == {"cryptostream-operator"}
    rendered = render({**monitored, "simulator": {"enabled": True}})
    assert rendered.names("PodMonitor") == {"cryptostream-operator", "cryptostream-simulator"}
    for monitor in rendered.of("PodMonitor"):
        pod = rendered.one("Deployment", monitor["metadata"]["name"])["spec"]["template"]
        assert monitor["metadata"]["labels"]["release"] == "prometheus"
        assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert endpoint["port"] in {port["name"] for port in pod["spec"]["containers"][0]["ports"]}


def test_nothing_is_monitored_by_default() -> None:
    rendered = render()
    assert not [*rendered.of("PodMonitor"), *rendered.of("PrometheusRule")]


def test_kube_state_metrics_is_told_of_fields_that_exist() -> None:
    rendered = render({"monitoring": {"kubeStateMetrics": {"enabled": True}}})
    text = rendered.one("ConfigMap", "cryptostream-kube-state-metrics")["data"]["config.yaml"]
    (resource,) = yaml.safe_load(text)["spec"]["resources"]
    crd = custom_resource_definition()
    version = crd["spec"]["versions"][0]
    kind = {"group": crd["spec"]["group"], "version": version["name"], "kind": crd["spec"]["names"]["kind"]}
    assert resource["groupVersionKind"] == kind
    schema = version["schema"]["openAPIV3Schema"]["properties"]
    for metric in resource["metrics"]:
        each = metric["each"]
        settings = next(value for key, value in each.items() if key != "type")
        top, *path = settings.get("path", ["metadata"])
        field = schema[top]
        for step in path if top != "metadata" else []:
            field = field["properties"][step]
        if metric["name"] == "condition":
            assert set(field["items"]["properties"]["status"]["enum"]) == set(settings["list"])
        if metric["name"] == "phase":
            assert settings["list"] == field["enum"]
