"""Whether a live object is as it is wanted: what others add does not count, what differs does."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_operator.labels import APPLIED
from cryptostream_operator.plan.children import wanted_children
from cryptostream_operator.plan.decide import stream_of
from cryptostream_operator.plan.drift import differences, stamped
from cryptostream_operator.plan.upgrade import Upgrade
from harness.model_cluster import POLICY, ModelCluster

CHILDREN = [
    child.manifest
    for child in wanted_children(
        stream_of(ModelCluster.with_stream(job={"driver": {"cpu": "1000m"}}).resource),
        POLICY.defaults,
        Upgrade(None, None),
    )
]


def _deployment() -> dict[str, Any]:
    return next(copy.deepcopy(child) for child in CHILDREN if child["kind"] == "Deployment")


@pytest.mark.parametrize(
    "manifest", CHILDREN, ids=lambda manifest: f"{manifest['kind']}-{manifest['metadata']['name']}"
)
def test_a_manifest_is_contained_in_itself_with_additions(manifest: dict[str, Any]) -> None:
    live = copy.deepcopy(manifest)
    live["metadata"]["labels"]["added"] = "by somebody"
    live["metadata"]["uid"] = "u"
    live["status"] = {"any": "thing"}
    assert differences(manifest, live) == []


def test_defaults_and_reordered_lists_of_kubernetes_kinds_are_no_drift() -> None:
    wanted, live = _deployment(), _deployment()
    container = live["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "INJECTED", "value": "1"}, *reversed(container["env"])]
    container["terminationMessagePath"] = "/dev/termination-log"
    container["resources"]["requests"]["cpu"] = "0.05"
    live["spec"]["template"]["spec"]["volumes"].append({"name": "injected", "emptyDir": {}})
    assert differences(wanted, live) == []


def test_what_is_changed_is_named() -> None:
    wanted, live = _deployment(), _deployment()
    live["spec"]["replicas"] = 3
    live["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "other"
    name = wanted["spec"]["template"]["spec"]["containers"][0]["env"][0]["name"]
    assert differences(wanted, live) == [
        "spec.replicas",
        f"spec.template.spec.containers[producer].env[{name}].value",
    ]


def test_lists_of_custom_resources_are_compared_as_a_whole() -> None:
    wanted = next(child for child in CHILDREN if child["kind"] == "SparkApplication")
    live = copy.deepcopy(wanted)
    live["spec"]["driver"]["template"]["spec"]["containers"][0]["env"].append({"name": "ADDED", "value": "1"})
    assert differences(wanted, live) == ["spec.driver.template.spec.containers[0].env"]


def test_a_field_that_is_wanted_no_longer_is_found_by_the_hash_of_what_was_applied() -> None:
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"a": 1, "b": 2}}
    live = stamped(manifest)
    wanted = stamped({**manifest, "spec": {"a": 1}})
    assert differences(wanted, live) == [f"metadata.annotations.{APPLIED}"]


_LEAVES = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["a", "b"]))
_TREES = st.recursive(
    _LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner))
)


@given(st.dictionaries(st.sampled_from("pqr"), _TREES), st.dictionaries(st.sampled_from("stu"), _TREES))
def test_additions_beside_are_never_drift_and_losses_always_are(wanted: dict[str, Any], beside: dict[str, Any]) -> None:
    base = {"apiVersion": "apps/v1", "kind": "Deployment"}
    manifest = {**base, "spec": wanted}
    assert differences(manifest, {**base, "spec": {**wanted, **beside}}) == []
    for key, value in wanted.items():
        if value not in ("", [], {}) or isinstance(value, bool | int):
            without = {name: kept for name, kept in wanted.items() if name != key}
            assert differences(manifest, {**base, "spec": {**without, **beside}}) == [f"spec.{key}"]
