"""What holds of every child of every stream."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.quantities import canonical
from harness.stream_specs import UID, all_children, pod_templates, stream_of, streams

_LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
RETAINED = {"KafkaTopic", "PersistentVolumeClaim"}


def _walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    yield key, value
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _walk(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from _walk(child, key)


@given(streams())
def test_the_same_stream_gives_the_same_manifests(stream: Stream) -> None:
    again = Stream(stream.namespace, stream.name, stream.uid, stream.spec.model_copy(deep=True))
    assert json.dumps(all_children(stream)) == json.dumps(all_children(again))


@given(streams())
def test_manifests_share_nothing_that_a_change_could_spoil(stream: Stream) -> None:
    before = json.dumps(all_children(stream))
    for child in all_children(stream):
        for _, value in list(_walk(child)):
            if isinstance(value, dict | list):
                value.clear()
    assert json.dumps(all_children(stream)) == before


@given(streams())
def test_names_and_labels_are_valid(stream: Stream) -> None:
    for child in all_children(stream):
        name = child["metadata"]["name"]
        assert _DNS_LABEL.fullmatch(name), name
        assert len(name) <= 63, name
    for key, value in (pair for child in all_children(stream) for pair in _walk(child)):
        if key in ("labels", "matchLabels"):
            for label, text in value.items():
                assert _LABEL_KEY.fullmatch(label), label
                assert _LABEL.fullmatch(text), text
                assert len(text) <= 63, text


@given(streams())
def test_no_two_children_have_one_name(stream: Stream) -> None:
    names = [(child["kind"], child["metadata"]["name"]) for child in all_children(stream)]
    assert len(names) == len(set(names))


@given(streams())
def test_every_child_says_whose_it_is(stream: Stream) -> None:
    for child in all_children(stream):
        metadata = child["metadata"]
        assert metadata["namespace"] == stream.namespace
        assert metadata["labels"]["cryptostream.io/stream"] == stream.name
        assert metadata["labels"]["app.kubernetes.io/managed-by"] == "cryptostream-operator"
        kept = child["kind"] in RETAINED and stream.spec.deletion_policy == "Retain"
        assert metadata.get("ownerReferences", []) == ([] if kept else [_owner(stream)])


def _owner(stream: Stream) -> Manifest:
    return {
        "apiVersion": "cryptostream.io/v1alpha1",
        "kind": "CryptoStream",
        "name": stream.name,
        "uid": UID,
        "controller": True,
        "blockOwnerDeletion": True,
    }


@given(streams())
def test_no_value_is_null(stream: Stream) -> None:
    """Server-side apply would take a null for a field that we own."""
    assert all(value is not None for child in all_children(stream) for _, value in _walk(child))


@given(streams())
def test_selectors_choose_the_pods_of_their_own_component_only(stream: Stream) -> None:
    pods = [template["metadata"]["labels"] for template in pod_templates(stream)]
    for child in all_children(stream):
        spec = child.get("spec", {})
        if "selector" not in spec:
            continue
        wanted = spec["selector"]["matchLabels"].items()
        chosen = [labels for labels in pods if wanted <= labels.items()]
        assert chosen, child["metadata"]["name"]
        assert len({labels["app.kubernetes.io/component"] for labels in chosen}) == 1
        if child["kind"] == "Deployment":
            assert len(chosen) == 1


@given(streams())
def test_pods_are_restricted_and_write_to_volumes_only(stream: Stream) -> None:
    for template in pod_templates(stream):
        pod = template["spec"]
        context = pod["securityContext"]
        assert context["runAsNonRoot"]
        assert context["runAsUser"] == 10001
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
            assert mounted.keys() == {volume["name"] for volume in pod["volumes"]}
            assert mounted["tmp"] == "/tmp"
            assert len(set(mounted.values())) == len(mounted)
            variables = [entry["name"] for entry in container.get("env", [])]
            assert variables == sorted(set(variables))


@given(streams())
def test_only_the_driver_gets_a_token_of_the_api_server(stream: Stream) -> None:
    for template in pod_templates(stream):
        is_driver = template["metadata"]["labels"]["app.kubernetes.io/component"] == "driver"
        assert template["spec"]["automountServiceAccountToken"] is is_driver


@given(streams())
def test_secrets_are_references(stream: Stream) -> None:
    for template in pod_templates(stream):
        for entry in template["spec"]["containers"][0].get("env", []):
            if re.search("PASSWORD|DATABASE_URL", entry["name"]):
                assert entry["valueFrom"].keys() == {"secretKeyRef"}
                assert "value" not in entry


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("1.50", "1500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000M", "1G"),
        ("1.5G", "1500M"),
        ("0.5Ki", "512"),
        ("0", "0"),
        ("256Mi", "256Mi"),
    ],
)
def test_quantities_are_written_as_the_api_server_gives_them_back(written: str, kept: str) -> None:
    assert canonical(written) == kept


def test_a_quantity_with_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        canonical("5 apples")


def test_a_suspended_stream_has_no_pods() -> None:
    children = all_children(stream_of(suspend=True))
    assert [child["spec"]["replicas"] for child in children if child["kind"] == "Deployment"] == [0]
    assert [child["spec"]["suspend"] for child in children if child["kind"] == "SparkApplication"] == [True]
