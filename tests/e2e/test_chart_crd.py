"""The CRD and the releases that come and go: one keeps it, it outlives all, and it is handed on with all streams."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from harness.helm_chart import CHART, helm, helm_4
from harness.kubernetes import Kubectl, crypto_stream, fresh_namespace

CRD = "cryptostreams.cryptostream.io"
KEEPER = "meta.helm.sh/release-name"
VALUES = {
    "kafka": {"mode": "external"},
    "timescaledb": {"mode": "external", "external": {"host": "database"}, "migrations": {"enabled": False}},
    "grafana": {"mode": "none"},
    "images": {"tag": "test"},
}
pytestmark = pytest.mark.usefixtures("crypto_stream_crd", "third_party_kinds")


@dataclass(frozen=True)
class Release:
    """A release with a name in a namespace."""

    program: str
    name: str
    namespace: str
    version: int

    def helm(self, *arguments: str, values: bool = True) -> subprocess.CompletedProcess[str]:
        given = ["--values=-"] if values else []
        return subprocess.run(
            [self.program, *arguments, f"--namespace={self.namespace}", *given],
            input=yaml.safe_dump(VALUES),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def install(self, command: str = "install") -> str:
        """Install or upgrade it; returns what Helm says. Helm 4 takes fields over only when it is told to."""
        force = ["--force-conflicts"] if self.version == 4 else []
        finished = self.helm(command, self.name, str(CHART), *force)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def refusal(self, command: str = "install") -> str:
        finished = self.helm(command, self.name, str(CHART))
        assert finished.returncode != 0, finished.stdout
        return finished.stderr

    def uninstall(self) -> None:
        self.helm("uninstall", self.name, "--wait", values=False)


@pytest.fixture(params=[3, 4], ids=["helm", "helm-4"])
def version(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
def releases(cluster: Kubectl, version: int) -> Iterator[tuple[Release, Release]]:
    """Two releases, not installed; nobody keeps the CRD before and after."""
    program = helm() if version == 3 else helm_4()
    belongs_to_nobody(cluster)
    with fresh_namespace() as here, fresh_namespace() as there:
        chosen = Release(program, "first", here, version), Release(program, "second", there, version)
        yield chosen
        for release in chosen:
            release.uninstall()
    belongs_to_nobody(cluster)


def belongs_to_nobody(cluster: Kubectl) -> None:
    cluster("annotate", "crd", CRD, f"{KEEPER}-", "meta.helm.sh/release-namespace-", "helm.sh/resource-policy-")
    cluster("label", "crd", CRD, "app.kubernetes.io/managed-by-", "app.kubernetes.io/instance-")


def keeper() -> str:
    found: str = Kubectl().get("crd", CRD)["metadata"]["annotations"][KEEPER]
    return found


def type_commands(message: str) -> None:
    """Do what the message says."""
    commands = re.findall(r"^  kubectl (.+)$", message, re.MULTILINE)
    assert commands
    for command in commands:
        Kubectl()(*command.split())


def test_it_is_handed_from_release_to_release_and_streams_stay(releases: tuple[Release, Release]) -> None:
    first, second = releases
    message = first.refusal()
    assert "was not installed by Helm" in message
    type_commands(message)
    assert "belongs to another release" not in first.install()
    assert keeper() == "first"
    stream = Kubectl(second.namespace)
    stream.apply(crypto_stream())
    uid = stream.get("cryptostream", "majors")["metadata"]["uid"]

    assert "The CRD of CryptoStream belongs to another release" in second.install()
    assert keeper() == "first"

    first.uninstall()
    assert stream.get("cryptostream", "majors")["metadata"]["uid"] == uid
    message = second.refusal("upgrade")
    assert f"was left by release first in namespace {first.namespace}, which is gone" in message
    type_commands(message)
    second.install("upgrade")
    crd = Kubectl().get("crd", CRD)["metadata"]
    assert crd["annotations"]["helm.sh/resource-policy"] == "keep"
    assert crd["labels"]["app.kubernetes.io/instance"] == "second"

    second.uninstall()
    assert stream.get("cryptostream", "majors")["metadata"]["uid"] == uid
    second.install()
    assert keeper() == "second"
    stream("delete", "cryptostream", "majors", "--wait=false")
