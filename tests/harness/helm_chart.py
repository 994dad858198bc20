"""The chart as Helm renders it: manifests to look at, or the message with which it refuses."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

Manifest = dict[str, Any]
Values = Mapping[str, Any]

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "charts" / "cryptostream"
RELEASE, NAMESPACE = "cryptostream", "desk"
KINDS = (
    "cryptostream.io/v1alpha1/CryptoStream",
    "kafka.strimzi.io/v1/Kafka",
    "kafka.strimzi.io/v1/KafkaNodePool",
    "kafka.strimzi.io/v1/KafkaTopic",
    "kafka.strimzi.io/v1/KafkaUser",
    "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "monitoring.coreos.com/v1/ServiceMonitor",
    "postgresql.cnpg.io/v1/Cluster",
    "sparkoperator.k8s.io/v1beta2/SparkApplication",
)
"""Kinds of others that a cluster may have, as ``--api-versions`` takes them."""

_TEST_CLUSTER = REPOSITORY.parent / "shared" / "cluster" / "cluster"
_HELM_4 = REPOSITORY / ".tools" / "helm4" / "helm"
_KUBERNETES = "1.34.0"


class ChartRefusedError(AssertionError):
    """Helm refused the values; the text is its message."""


@dataclass(frozen=True)
class Rendered:
    """The manifests of a release."""

    objects: tuple[Manifest, ...]

    def of(self, kind: str) -> Sequence[Manifest]:
        """All objects of a kind."""
        return [found for found in self.objects if found["kind"] == kind]

    def names(self, kind: str) -> set[str]:
        """The names of a kind's objects."""
        return {found["metadata"]["name"] for found in self.of(kind)}

    def one(self, kind: str, name: str | None = None) -> Manifest:
        """The only object of a kind, or the one of that name."""
        found = [candidate for candidate in self.of(kind) if name in (None, candidate["metadata"]["name"])]
        assert len(found) == 1, f"{len(found)} objects {kind} {name or ''}, there are {sorted(self.names(kind))}"
        return found[0]


def helm() -> str:
    """Helm of the PATH or of the test cluster; skipped where there is none."""
    found = shutil.which("helm")
    if found is None and _TEST_CLUSTER.exists():
        folder = subprocess.run([str(_TEST_CLUSTER), "bin"], capture_output=True, text=True, check=False).stdout.strip()
        found = shutil.which("helm", path=folder)
    if found is None:
        _skip("needs Helm 3 or 4 on PATH")
    return str(found)


def helm_4() -> str:
    """Helm 4; skipped where it has not been built."""
    if not _HELM_4.exists():
        pytest.skip("needs Helm 4: make helm4")
    return str(_HELM_4)


def render(
    values: Values | None = None,
    *files: Path,
    kinds: Sequence[str] = KINDS,
    release: str = RELEASE,
    namespace: str = NAMESPACE,
    program: str | None = None,
    upgrade: bool = False,
) -> Rendered:
    """Render the chart with values over those of ``files``, in a cluster that has those ``kinds`` of others.

    Raises ChartRefusedError with Helm's message.
    """
    command = [program or helm(), "template", release, str(CHART), "--namespace", namespace]
    command += ["--kube-version", _KUBERNETES, *(f"--api-versions={kind}" for kind in kinds)]
    command += [f"--values={file}" for file in files]
    if upgrade:
        command.append("--is-upgrade")
    return Rendered(tuple(json.loads(text) for text in _rendered(tuple(command), json.dumps(values or {}))))


def refusal(values: Values, **options: Any) -> str:
    """The message with which the chart refuses values."""
    with pytest.raises(ChartRefusedError) as raised:
        render(values, **options)
    return str(raised.value)


def helm_environment() -> Mapping[str, str]:
    """The environment for Helm: what needs no cluster must not find one."""
    return {**os.environ, "KUBECONFIG": os.devnull}


@lru_cache(maxsize=256)
def _rendered(command: tuple[str, ...], values: str) -> tuple[str, ...]:
    found = yaml.load_all(_run((*command, "--values=-"), values), Loader=yaml.CSafeLoader)
    return tuple(json.dumps(manifest, default=str) for manifest in found if manifest)


def _run(command: Sequence[str], values: str) -> str:
    finished = subprocess.run(
        command, input=values, capture_output=True, text=True, timeout=60, check=False, env=helm_environment()
    )
    if finished.returncode != 0:
        raise ChartRefusedError(finished.stderr.strip())
    return finished.stdout


def _skip(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
