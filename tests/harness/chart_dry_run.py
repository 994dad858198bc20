"""The chart as Helm would install it into the test cluster, judged by the API server without being stored."""

import copy
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.helm_chart import CHART, RELEASE, Manifest, Values, helm
from harness.kubernetes import Kubectl

FIELD_MANAGER = "helm"
_POD_KINDS = ("Deployment", "StatefulSet", "Job")


def planned(namespace: str, *files: Path, values: Values | None = None, upgrade: bool = False) -> Sequence[Manifest]:
    """What an installation would create, or an upgrade apply, with the kinds and objects that the cluster has.

    Without the CRD, which belongs to the whole cluster: test_chart_crd.py installs it.
    """
    command = [helm(), "template", RELEASE, str(CHART), "--namespace", namespace, "--dry-run=server", "--validate"]
    command += [*(f"--values={file}" for file in files), "--values=-", *(["--is-upgrade"] if upgrade else [])]
    given = json.dumps({"crds": {"install": False}, **(values or {})})
    finished = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    return [found for found in yaml.load_all(finished.stdout, Loader=yaml.CSafeLoader) if found]


def judged(kubectl: Kubectl, objects: Sequence[Manifest]) -> Sequence[Manifest]:
    """What the API server would store. Raises KubectlError for what it refuses: unknown fields, too."""
    return _apply(kubectl, objects, "--dry-run=server", "--output=json")


def stored(kubectl: Kubectl, objects: Sequence[Manifest]) -> None:
    """Store objects as a former release would have, but so that nothing runs and no volume is claimed."""
    running = ("PersistentVolumeClaim", "Job", "Pod")
    _apply(kubectl, [_at_rest(found) for found in objects if found["kind"] not in running])


def without_hooks(objects: Sequence[Manifest]) -> Sequence[Manifest]:
    """The objects of the release itself. Hooks are deleted before they are made anew."""
    return [one for one in objects if "helm.sh/hook" not in one["metadata"].get("annotations", {})]


def pods(objects: Sequence[Manifest]) -> Sequence[Manifest]:
    """The pods that workloads among the objects would start, to be judged themselves."""
    found = [one for one in objects if one["kind"] in _POD_KINDS]
    return [*map(_pod, found), *(one for one in objects if one["kind"] == "Pod")]


def _apply(kubectl: Kubectl, objects: Sequence[Manifest], *options: str) -> Sequence[Manifest]:
    given = yaml.safe_dump_all(objects)
    fixed = ["apply", "--server-side", "--validate=strict", f"--field-manager={FIELD_MANAGER}"]
    output = kubectl(*fixed, *options, "-f", "-", stdin=given, timeout=120)
    if "--output=json" not in options:
        return []
    answer: dict[str, Any] = json.loads(output)
    items: list[Manifest] = answer["items"] if answer["kind"] == "List" else [answer]
    return items


def _at_rest(found: Manifest) -> Manifest:
    resting = copy.deepcopy(found)
    if found["kind"] in ("Deployment", "StatefulSet"):
        resting["spec"]["replicas"] = 0
    return resting


def _pod(workload: Manifest) -> Manifest:
    template = copy.deepcopy(workload["spec"]["template"])
    name = f"{workload['kind'].lower()}-{workload['metadata']['name']}"
    metadata = {**template.get("metadata", {}), "name": name, "namespace": workload["metadata"]["namespace"]}
    claims = workload["spec"].get("volumeClaimTemplates", [])
    volumes = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
    spec = {**template["spec"], "volumes": [*template["spec"].get("volumes", []), *volumes]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
