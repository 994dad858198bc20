"""The operator's Deployment: its image, settings and probes follow from values."""

from typing import Any

import pytest

from cryptostream_operator.settings import ENV_PREFIX, OperatorSettings
from harness.helm_chart import NAMESPACE, Rendered, refusal, render


def container(rendered: Rendered) -> dict[str, Any]:
    found: dict[str, Any] = rendered.one("Deployment", "cryptostream-operator")["spec"]["template"]["spec"][
        "containers"
    ][0]
    return found


def environment(rendered: Rendered) -> dict[str, str]:
    return {entry["name"].removeprefix(ENV_PREFIX).lower(): entry["value"] for entry in container(rendered)["env"]}


def settings(rendered: Rendered) -> OperatorSettings:
    """What the operator makes of its environment."""
    return OperatorSettings.load(**environment(rendered))


@pytest.fixture(scope="module")
def default() -> Rendered:
    return render()


def test_the_values_are_the_operators_own_defaults(default: Rendered) -> None:
    chosen = {"namespaces": (NAMESPACE,)}
    assert settings(default) == OperatorSettings.load(**chosen)


def test_every_setting_is_a_value(default: Rendered) -> None:
    # The port is named in probes, Service and policies.
    assert set(environment(default)) == set(OperatorSettings.model_fields) - {"port"}


def test_a_setting_reaches_the_operator() -> None:
    rendered = render({"operator": {"settings": {"workers": 9, "scanning": False, "staleDriverGrace": "90s"}}})
    found = settings(rendered)
    assert (found.workers, found.scanning, found.stale_driver_grace.total_seconds()) == (9, False, 90)


def test_it_is_told_which_images_streams_run_on() -> None:
    images = {"registry": "mirror.example.org/apps", "tag": "1.2.3", "job": {"digest": f"sha256:{'0' * 64}"}}
    rendered = render({"images": images, "imagePullSecrets": [{"name": "one"}, {"name": "two"}]})
    found = settings(rendered)
    assert container(rendered)["image"] == "mirror.example.org/apps/cryptostream/operator:1.2.3"
    assert found.producer_image == "mirror.example.org/apps/cryptostream/producer:1.2.3"
    assert found.job_image == f"mirror.example.org/apps/cryptostream/job@sha256:{'0' * 64}"
    assert found.image_pull_secrets == ("one", "two")


def test_two_operators_never_run_at_once(default: Rendered) -> None:
    spec = default.one("Deployment", "cryptostream-operator")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


def test_it_is_asked_on_the_port_that_it_serves(default: Rendered) -> None:
    ports = container(default)["ports"]
    assert [(port["name"], port["containerPort"]) for port in ports] == [("metrics", OperatorSettings.load().port)]
    probes = {name: container(default)[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {probe["port"] for probe in probes.values()} == {"metrics"}
    assert probes["livenessProbe"]["path"] == "/healthz"
    assert probes["readinessProbe"]["path"] == "/readyz"
    assert default.one("Service", "cryptostream-operator")["spec"]["ports"][0]["targetPort"] == "metrics"


def test_further_variables_come_last(default: Rendered) -> None:
    extra = [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]
    assert container(render({"operator": {"extraEnv": extra}}))["env"] == [*container(default)["env"], *extra]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"operator": {"settings": {"worker": 4}}}, "worker"),
        ({"operator": {"settings": {"workers": 0}}}, "/operator/settings/workers"),
        ({"operator": {"settings": {"resyncInterval": "5 minutes"}}}, "/operator/settings/resyncInterval"),
        ({"operator": {"settings": {"readings": "always"}}}, "/operator/settings/readings"),
        ({"operator": {"replicas": 2}}, "replicas"),
        ({"operators": {}}, "operators"),
        ({"images": {"operator": {"digest": "sha256:short"}}}, "/images/operator/digest"),
    ],
)
def test_a_value_that_is_wrong_is_refused_by_name(values: dict[str, Any], name: str) -> None:
    assert name in refusal(values)


def test_a_parent_chart_may_have_globals_and_a_condition() -> None:
    values = {"global": {"imageRegistry": "registry.example.org"}, "enabled": True}
    assert render(values).one("Deployment", "cryptostream-operator")


def test_a_service_account_of_somebody_elses_has_a_name() -> None:
    assert "operator.serviceAccount.name" in refusal({"operator": {"serviceAccount": {"create": False}}})
    rendered = render({"operator": {"serviceAccount": {"create": False, "name": "given"}}})
    assert rendered.names("ServiceAccount") == set()
    pod = rendered.one("Deployment", "cryptostream-operator")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "given"
