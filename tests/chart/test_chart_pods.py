"""Every pod of the chart: admitted by the restricted standard, without a token that it does not need."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harness.helm_chart import RELEASE, Rendered, refusal, render

OWN_PODS = {"operator": 10001, "simulator": 10001, "tests": 10001, "migration": 10001}
WITH_TOKEN = {f"{RELEASE}-operator", f"{RELEASE}-test-operator"}
EVERYTHING = {"simulator": {"enabled": True}}


def pods(rendered: Rendered) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, metadata and specification of every pod that the release's own objects make."""
    for found in rendered.objects:
        name = found["metadata"]["name"]
        if found["kind"] == "Pod":
            yield name, found["metadata"], found["spec"]
        elif found["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield name, found["spec"]["template"]["metadata"], found["spec"]["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def test_the_restricted_standard_admits_every_pod(each_ci_file: Rendered) -> None:
    for name, _, pod in pods(each_ci_file):
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] > 0, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, f"{name}: {container['name']}"
        kinds = {key for volume in pod.get("volumes", []) for key in volume if key != "name"}
        assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}, name


def test_the_projects_images_run_as_their_user() -> None:
    found = {meta["labels"]["app.kubernetes.io/component"]: pod for _, meta, pod in pods(render(EVERYTHING))}
    users = {component: found[component]["securityContext"]["runAsUser"] for component in OWN_PODS}
    assert users == OWN_PODS


def test_only_who_talks_to_the_api_server_has_a_token(each_ci_file: Rendered) -> None:
    with_token = {name for name, _, pod in pods(each_ci_file) if pod.get("automountServiceAccountToken") is not False}
    assert with_token == WITH_TOKEN
    for account in each_ci_file.of("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_a_selector_holds_nothing_that_changes_with_a_release(each_ci_file: Rendered) -> None:
    for found in each_ci_file.objects:
        selector = found.get("spec", {}).get("selector")
        if found["kind"] in {"Deployment", "StatefulSet"}:
            assert set(selector["matchLabels"]) == {
                "app.kubernetes.io/name",
                "app.kubernetes.io/instance",
                "app.kubernetes.io/component",
            }
            labels = found["spec"]["template"]["metadata"]["labels"]
            assert selector["matchLabels"].items() <= labels.items()
            assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(labels), (
                "would restart pods at each upgrade"
            )


def test_every_object_carries_the_common_labels(each_ci_file: Rendered) -> None:
    for found in each_ci_file.objects:
        labels = found["metadata"]["labels"]
        name = f"{found['kind']} {found['metadata']['name']}"
        assert labels["app.kubernetes.io/part-of"] == "cryptostream", name
        assert labels["app.kubernetes.io/instance"] == RELEASE, name
        assert labels["app.kubernetes.io/managed-by"] == "Helm", name


def test_a_label_of_the_users_is_on_every_object_and_pod() -> None:
    rendered = render({**EVERYTHING, "commonLabels": {"team": "markets"}})
    assert {found["metadata"]["labels"].get("team") for found in rendered.objects} == {"markets"}
    assert {meta["labels"].get("team") for _, meta, _ in pods(rendered)} == {"markets"}


def test_pods_can_be_placed() -> None:
    placement = {
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "spot", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [{"maxSkew": 1}],
        "priorityClassName": "high",
    }
    rendered = render({"operator": placement, "simulator": {"enabled": True, **placement}})
    for component in ("operator", "simulator"):
        pod = rendered.one("Deployment", f"{RELEASE}-{component}")["spec"]["template"]["spec"]
        assert {name: pod[name] for name in placement} == placement


def test_every_pod_pulls_with_the_secrets_that_are_named() -> None:
    secrets = [{"name": "registry-login"}]
    rendered = render({**EVERYTHING, "imagePullSecrets": secrets})
    assert [pod["imagePullSecrets"] for _, _, pod in pods(rendered)] == [secrets] * len(list(pods(rendered)))


def test_requests_of_the_defaults_leave_room_on_a_small_node() -> None:
    for name, _, pod in pods(render(EVERYTHING)):
        for container in containers(pod):
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name


@pytest.mark.parametrize(
    "values",
    [
        {"commonLabels": {"app.kubernetes.io/part-of": "desk"}},
        {"operator": {"podLabels": {"app.kubernetes.io/component": "desk"}}},
        {"simulator": {"podLabels": {"app.kubernetes.io/instance": "desk"}}},
        {"grafana": {"podLabels": {"app.kubernetes.io/name": "desk"}}},
    ],
    ids=str,
)
def test_a_label_that_the_chart_sets_is_not_the_users(values: dict[str, Any]) -> None:
    assert "app.kubernetes.io/" in refusal(values)
    renamed = json.loads(json.dumps(values).replace("app.kubernetes.io/", "example.org/"))
    assert render(renamed).objects
