"""Everything that the chart renders, with each file of ci/, is what the API server wants: anew and as an upgrade."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.chart_dry_run import judged, planned, pods, stored, without_hooks
from harness.helm_chart import CHART, Manifest
from harness.kubernetes import Kubectl, KubectlError, install_crds, third_party_crds

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
FILES = sorted((CHART / "ci").glob("*-values.yaml"))
UPGRADES = list(zip(FILES, [*FILES[1:], FILES[0]], strict=True))
SAME_VOLUME = {"timescaledb": {"storage": {"size": "20Gi", "class": ""}}}
"""Kubernetes lets nobody change the claims of a StatefulSet."""


def short(file: Path) -> str:
    return file.name.removesuffix("-values.yaml")


def pair(files: tuple[Path, Path]) -> str:
    return f"{short(files[0])}-to-{short(files[1])}"


IMAGE_CATALOGS = "imagecatalogs.postgresql.cnpg.io"


def any_image_catalog() -> Manifest:
    """A definition in place of CloudNativePG's, which ../shared/crds lacks: it takes any specification."""
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "ImageCatalog", "plural": "imagecatalogs", "singular": "imagecatalog"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": IMAGE_CATALOGS},
        "spec": {"group": "postgresql.cnpg.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }


@pytest.fixture(scope="module")
def every_kind(cluster: Kubectl, crypto_stream_crd: None, third_party_kinds: None, tmp_path_factory: Any) -> None:
    for project in ("cert-manager", "cloudnative-pg"):
        install_crds(third_party_crds(project))
    if IMAGE_CATALOGS not in cluster("get", "customresourcedefinitions", "--output=name"):
        file = tmp_path_factory.mktemp("crds") / "image-catalogs.yaml"
        file.write_text(yaml.safe_dump(any_image_catalog()))
        install_crds([file])


@pytest.fixture
def restricted(cluster: Kubectl, every_kind: None, namespace: str) -> Iterator[Kubectl]:
    """kubectl in a namespace that enforces the restricted standard; what it leaves outside is deleted."""
    cluster("label", "namespace", namespace, RESTRICTED)
    yield Kubectl(namespace)
    for kind in ("clusterroles", "clusterrolebindings"):
        names = cluster("get", kind, "--output=name").split()
        own = [name for name in names if f"/{namespace}-" in name]
        if own:
            cluster("delete", *own)


def store_accounts(kubectl: Kubectl, objects: Sequence[Manifest]) -> None:
    """No pod is admitted, not even for a trial, before its service account is there."""
    stored(kubectl, [one for one in objects if one["kind"] == "ServiceAccount"])


@pytest.mark.parametrize("file", FILES, ids=short)
def test_every_object_is_accepted(restricted: Kubectl, namespace: str, file: Path) -> None:
    objects = planned(namespace, file)
    # A pod needs its account even where it is not stored.
    store_accounts(restricted, objects)
    assert len(judged(restricted, objects)) == len(objects)


@pytest.mark.parametrize("file", FILES, ids=short)
def test_the_restricted_standard_admits_every_pod(restricted: Kubectl, namespace: str, file: Path) -> None:
    objects = planned(namespace, file)
    store_accounts(restricted, objects)
    wanted = pods(objects)
    assert wanted
    assert len(judged(restricted, wanted)) == len(wanted)


@pytest.mark.parametrize("files", UPGRADES, ids=pair)
def test_other_values_are_accepted_as_an_upgrade(restricted: Kubectl, namespace: str, files: tuple[Path, Path]) -> None:
    former, later = files
    own = [one for one in planned(namespace, former, values=SAME_VOLUME) if one["kind"] != "CustomResourceDefinition"]
    stored(restricted, own)
    next_release = {"commonLabels": {"team": "markets"}, "images": {"tag": "later"}, **SAME_VOLUME}
    objects = without_hooks(planned(namespace, later, values=next_release, upgrade=True))
    assert len(judged(restricted, objects)) == len(objects)


def test_a_field_that_no_schema_knows_is_refused(restricted: Kubectl, namespace: str) -> None:
    """The tests above can fail."""
    objects = planned(namespace, FILES[-1])
    (kafka,) = (one for one in objects if one["kind"] == "Kafka")
    kafka["spec"]["kafka"]["replicas"] = 3
    with pytest.raises(KubectlError, match="replicas"):
        judged(restricted, [kafka])
