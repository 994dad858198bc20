"""Database and Grafana of a release, running: through a restart, an upgrade and an installation anew.

Stand-ins take the place of their images (tests/e2e/images/release): what is shown is that volumes, Secrets,
probes, migration and provisioning fit together, under the restricted standard.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from harness.cluster_services import finish, one_shot_pod
from harness.helm_chart import CHART, helm
from harness.images import Images, build_and_load_release_stand_in
from harness.kubernetes import Kubectl

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
RELEASE = "data"
NAME = "data-cryptostream"
SERVER = f"{NAME}-timescaledb-0"
_LONGEST = 300


@dataclass(frozen=True)
class Release:
    """A release of the chart in a namespace of its own."""

    kubectl: Kubectl
    images: Images
    values: dict[str, Any]

    def helm(self, *arguments: str, values: bool = True) -> str:
        """Helm with the release's values. Fails with what it says."""
        given = ["--values=-"] if values else []
        finished = subprocess.run(
            [helm(), *arguments, f"--namespace={self.kubectl.namespace}", *given],
            input=yaml.safe_dump(self.values),
            capture_output=True,
            text=True,
            timeout=_LONGEST + 30,
            check=False,
        )
        assert finished.returncode == 0, f"{finished.stderr}\n{self.kubectl('get', 'pods,jobs,events')}"
        return finished.stdout

    def install(self) -> None:
        self.helm("install", RELEASE, str(CHART), "--wait", f"--timeout={_LONGEST}s")

    def as_job(self, statement: str) -> str:
        """What a job's login gets from a statement, by the URL of the Secret that CryptoStreams use."""
        script = (
            "import os, psycopg2; connection = psycopg2.connect(os.environ['URL']); cursor = connection.cursor(); "
            f"cursor.execute({statement!r}); print(cursor.fetchall()); connection.commit()"
        )
        pod = one_shot_pod("query", self.images.job, ["python", "-c", script], {"URL": "cryptostream-database"})
        self.kubectl.apply(pod)
        try:
            return finish(self.kubectl, "query").strip()
        finally:
            self.kubectl("delete", "pod", "query", "--wait=true")

    def grafana(self, page: str) -> Any:
        """A page of the stand-in for Grafana."""
        script = f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:3000{page}').read().decode())"
        return json.loads(self.kubectl("exec", f"deployment/{NAME}-grafana", "--", "python", "-c", script))

    def passwords(self) -> set[str]:
        return {
            secret["data"][key]
            for secret in self.kubectl.list("secrets", "app.kubernetes.io/name=cryptostream")
            for key in ("password", "admin-password", "secret-key")
            if key in secret["data"]
        }


@pytest.fixture
def release(cluster: Kubectl, crypto_stream_crd: None, images: Images, namespace: str) -> Iterator[Release]:
    """Not installed yet."""
    cluster("label", "namespace", namespace, RESTRICTED)
    kubectl = Kubectl(namespace)
    repository, _, tag = build_and_load_release_stand_in(images).rpartition(":")
    image = {"repository": repository, "tag": tag}
    values = {
        "images": images.values(),
        "crds": {"install": False},
        "kafka": {"mode": "external"},
        "timescaledb": {"image": image, "storage": {"size": "1Gi"}},
        "grafana": {"image": image},
    }
    installed = Release(kubectl, images, values)
    yield installed
    # Roles of the cluster would outlive the namespace.
    installed.helm("uninstall", RELEASE, "--wait", "--ignore-not-found", values=False)


def test_what_the_release_stores_outlives_pods_upgrades_and_the_release(release: Release) -> None:
    release.install()
    assert release.as_job("SELECT current_user") == "[('cryptostream_job',)]"
    release.as_job("INSERT INTO crypto_writers (stream, epoch) VALUES ('desk/majors', 7) RETURNING epoch")
    assert release.grafana("/query") == 0
    assert len(release.grafana("/dashboards")) == len(list((CHART / "files" / "dashboards").glob("*.json")))

    stored = "SELECT epoch FROM crypto_writers"
    release.kubectl("delete", "pod", SERVER, "--wait=true", timeout=120)
    release.kubectl("wait", f"pod/{SERVER}", "--for=condition=Ready", "--timeout=120s", timeout=130)
    assert "database system was shut down" in release.kubectl("logs", SERVER)
    assert release.as_job(stored) == "[(7,)]"

    before = release.passwords()
    release.values["timescaledb"]["resources"] = {"requests": {"memory": "256Mi"}, "limits": {"memory": "768Mi"}}
    release.helm("upgrade", RELEASE, str(CHART), "--wait", f"--timeout={_LONGEST}s")
    assert release.passwords() == before
    assert release.as_job("SHOW shared_buffers") == "[('192MB',)]"

    release.helm("uninstall", RELEASE, "--wait", values=False)
    left = release.kubectl("get", "secrets,persistentvolumeclaims,configmaps,jobs,services", "--output=name").split()
    assert sorted(left) == [
        "configmap/kube-root-ca.crt",
        f"persistentvolumeclaim/data-{SERVER}",
        f"secret/{NAME}-database-owner",
    ]

    release.install()
    assert release.as_job(stored) == "[(7,)]"
    assert release.grafana("/query") == 0
