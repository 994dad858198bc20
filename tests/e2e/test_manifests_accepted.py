"""Every manifest that the operator makes is what the API server wants, with the real CRDs of the kinds it uses."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from cryptostream_operator.builders.access import driver_role, driver_role_binding, service_accounts
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.spark import spark_application
from harness.kubernetes import Kubectl, KubectlError, install_crds, third_party_crds
from harness.stream_specs import (
    DEFAULTS,
    EXTERNAL_PLAIN,
    EXTERNAL_SASL,
    all_children,
    pod_templates,
    stream_of,
    without_owner,
)

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
WRITTEN_OTHERWISE = {
    "topic": {"replicas": 3, "retention": "12h"},
    "producer": {
        "shards": 3,
        "startFrom": "60m",
        "resources": {"cpu": "1000m", "memory": "1024Mi", "cpuLimit": "1.5"},
    },
    "job": {
        "driver": {"cpu": "0.5", "cpuLimit": "2000m"},
        "executor": {"cpuLimit": "2"},
        "checkpoint": {"size": "1.5Gi", "accessMode": "ReadWriteMany", "storageClass": "standard"},
    },
    "deletionPolicy": "Delete",
    "suspend": True,
}
STREAMS: dict[str, dict[str, Any]] = {
    "minimal": {},
    "everything-set": WRITTEN_OTHERWISE,
    "external-kafka": {"kafka": EXTERNAL_SASL},
    "external-kafka-without-login": {"kafka": EXTERNAL_PLAIN, "job": {"checkpoint": {"claimName": "mine"}}},
}


@pytest.fixture(scope="session")
def third_party_kinds(cluster: Kubectl) -> None:
    for project in ("strimzi", "spark-operator", "prometheus-operator"):
        install_crds(third_party_crds(project))


@pytest.fixture
def restricted(cluster: Kubectl, third_party_kinds: None, namespace: str) -> Kubectl:
    """kubectl in a namespace that enforces the restricted pod security standard."""
    cluster("label", "namespace", namespace, RESTRICTED)
    return Kubectl(namespace)


@pytest.fixture(params=STREAMS)
def stream(request: pytest.FixtureRequest, namespace: str) -> Stream:
    return stream_of(namespace, **STREAMS[request.param])


def _dry_run(kubectl: Kubectl, manifests: Sequence[Manifest]) -> list[Manifest]:
    """What the API server would store. Raises KubectlError for a field that it does not know."""
    given = yaml.safe_dump_all(manifests)
    options = ["--dry-run=server", "--validate=strict", "--field-manager=cryptostream-operator", "--output=json"]
    stored = json.loads(kubectl("apply", "--server-side", *options, "-f", "-", stdin=given))
    items: list[Manifest] = stored["items"] if stored["kind"] == "List" else [stored]
    return items


def _differences(wanted: Any, stored: Any, path: str = "") -> list[str]:
    """Where the stored object says something else than the wanted one; what was only added is no difference."""
    if isinstance(wanted, dict) and isinstance(stored, dict):
        return [line for key in wanted for line in _differences(wanted[key], stored.get(key), f"{path}.{key}")]
    if isinstance(wanted, list) and isinstance(stored, list) and len(wanted) == len(stored):
        pairs = enumerate(zip(wanted, stored, strict=True))
        return [line for index, (one, other) in pairs for line in _differences(one, other, f"{path}[{index}]")]
    return [] if wanted == stored else [f"{path}: {wanted!r} became {stored!r}"]


def test_the_api_server_accepts_every_manifest_and_leaves_it_as_it_is(restricted: Kubectl, stream: Stream) -> None:
    children = all_children(stream)
    for wanted, stored in zip(children, _dry_run(restricted, children), strict=True):
        assert _differences(wanted, stored) == [], f"{wanted['kind']} {wanted['metadata']['name']}"


def test_a_field_that_no_schema_knows_is_refused(restricted: Kubectl, stream: Stream) -> None:
    """The test above can fail."""
    child = spark_application(stream, DEFAULTS)
    child["spec"]["driver"]["heap"] = "1g"
    with pytest.raises(KubectlError, match="heap"):
        _dry_run(restricted, [child])


def test_the_restricted_standard_admits_every_pod(restricted: Kubectl, stream: Stream) -> None:
    restricted.apply(*without_owner(*service_accounts(stream)))
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "name": f"pod-{number}", "namespace": stream.namespace},
            "spec": {"restartPolicy": "Never", **template["spec"]},
        }
        for number, template in enumerate(pod_templates(stream))
    ]
    admitted = _dry_run(restricted, pods)
    assert [pod["metadata"]["name"] for pod in admitted] == [pod["metadata"]["name"] for pod in pods]


def test_a_pod_outside_the_standard_is_refused(restricted: Kubectl, namespace: str) -> None:
    """The test above can fail."""
    stream = stream_of(namespace)
    restricted.apply(*without_owner(*service_accounts(stream)))
    template = pod_templates(stream)[0]
    template["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": namespace}, **template}
    with pytest.raises(KubectlError, match="restricted"):
        _dry_run(restricted, [{**pod, "metadata": {"name": "pod", "namespace": namespace}}])


def test_the_driver_may_run_executors_and_nothing_else(restricted: Kubectl, namespace: str) -> None:
    stream = stream_of(namespace)
    restricted.apply(*without_owner(*service_accounts(stream), driver_role(stream), driver_role_binding(stream)))
    driver = f"system:serviceaccount:{namespace}:majors-job"

    def may(verb: str, *resource: str) -> bool:
        try:
            return restricted("auth", "can-i", verb, *resource, "--as", driver).strip() == "yes"
        except KubectlError:
            return False

    for verb in ("create", "get", "list", "watch", "delete", "deletecollection"):
        assert may(verb, "pods"), verb
    for verb in ("create", "list", "delete", "deletecollection"):
        assert may(verb, "configmaps"), verb
    refused = [
        ("patch", "pods"),
        ("create", "pods", "--subresource=exec"),
        ("get", "secrets"),
        ("list", "secrets"),
        ("get", "configmaps"),
        ("create", "services"),
        ("delete", "persistentvolumeclaims"),
        ("get", "sparkapplications.sparkoperator.k8s.io"),
    ]
    for verb, *resource in refused:
        assert not may(verb, *resource), f"{verb} {resource}"
