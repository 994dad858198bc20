"""A real Kubernetes for the tests: kubectl as a user types it, manifests, third-party CRDs."""

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.waiting import until

Manifest = dict[str, Any]

_REPOSITORY = Path(__file__).resolve().parents[2]
_THIRD_PARTY = _REPOSITORY.parent / "shared" / "crds"
OWN_CRD = _REPOSITORY / "charts" / "cryptostream" / "files" / "crds" / "cryptostreams.yaml"
_TEST_CONTEXT = re.compile(r"kind-.+|minikube|test-cluster")


class KubectlError(AssertionError):
    """kubectl failed; the text is what it wrote."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl against the test cluster, in one namespace where one is given."""

    namespace: str | None = None

    def __call__(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run kubectl and return what it prints. Raises KubectlError with its error text."""
        scope = ["--namespace", self.namespace] if self.namespace else []
        finished = subprocess.run(
            ["kubectl", *scope, *arguments], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        if finished.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {finished.stderr.strip()}")
        return finished.stdout

    def apply(self, *manifests: Mapping[str, Any]) -> str:
        """Apply manifests as ``kubectl apply -f -`` does."""
        return self("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))

    def get(self, kind: str, name: str) -> Manifest:
        """One object as it is stored."""
        found: Manifest = json.loads(self("get", kind, name, "--output", "json"))
        return found

    def list(self, kind: str, selector: str = "") -> Sequence[Manifest]:
        """The objects of a kind in the namespace."""
        chosen = ["--selector", selector] if selector else []
        items: list[Manifest] = json.loads(self("get", kind, *chosen, "--output", "json"))["items"]
        return items


def refuse_other_clusters() -> None:
    """Skip without KUBECONFIG; stop the whole run when its context does not name a test cluster."""
    kubeconfig = os.environ.get("KUBECONFIG", "")
    if not kubeconfig:
        pytest.skip("needs a cluster: set KUBECONFIG to that of kind, minikube or a test cluster")
    context = current_context(kubeconfig)
    if not is_for_tests(context):
        pytest.exit(f"refusing context {context!r}: it is not kind-*, minikube or test-cluster", returncode=2)


def current_context(kubeconfig: str) -> str:
    """The context that kubectl would use: that of the first file which names one. Empty where none does."""
    for file in kubeconfig.split(os.pathsep):
        content = yaml.safe_load(Path(file).read_text()) if Path(file).is_file() else None
        if isinstance(content, dict) and content.get("current-context"):
            return str(content["current-context"])
    return ""


def is_for_tests(context: str) -> bool:
    """Whether a context's name says that its cluster may be filled with tests."""
    return _TEST_CONTEXT.fullmatch(context) is not None


@contextmanager
def fresh_namespace() -> Iterator[str]:
    """A namespace of its own. Its deletion is not waited for."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    Kubectl()("create", "namespace", name)
    try:
        yield name
    finally:
        Kubectl()("delete", "namespace", name, "--wait=false")


def third_party_crds(project: str) -> Sequence[Path]:
    """CRD files of a project ("strimzi", "spark-operator", ...) beside the repository; skipped where absent."""
    files = sorted(_THIRD_PARTY.glob(f"{project}-[0-9]*/*.yaml"))
    if not files:
        reason = f"CRDs of {project} are absent: ../shared/crds beside the repository"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return files


def install_crds(files: Sequence[Path]) -> None:
    """Apply CRDs server-side and wait until the API server serves them."""
    kubectl = Kubectl()
    chosen = [argument for file in files for argument in ("-f", str(file))]
    kubectl("apply", "--server-side", "--force-conflicts", "--field-manager", "cryptostream-tests", *chosen)
    # kubectl wait fails at once on a definition whose first conditions have yet to be written.
    conditions = "--output=jsonpath={range .items[*]}{.status.conditions[0].type}{','}{end}{.status.conditions[0].type}"
    until(
        lambda: len([one for one in kubectl("get", *chosen, conditions).split(",") if one]) >= len(files),
        "the first conditions of the definitions",
        timeout=30,
        interval=0.2,
    )
    kubectl("wait", "--for", "condition=Established", "--timeout", "30s", *chosen)


def crypto_stream(name: str = "majors", **spec: Any) -> Manifest:
    """A CryptoStream manifest: the minimal one, with the given fields of the specification."""
    return {
        "apiVersion": "cryptostream.io/v1alpha1",
        "kind": "CryptoStream",
        "metadata": {"name": name},
        "spec": {"exchange": "binance", "symbols": ["BTCUSDT", "ETHUSDT"], **spec},
    }
