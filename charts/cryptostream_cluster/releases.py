"""What is installed, in this order: Strimzi, the Spark operator, CryptoStream. skaffold.yaml names the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHARTS = Path(__file__).resolve().parents[1]
_VALUES = Path(__file__).resolve().parent / "values"

NAMESPACE = "cryptostream"
"""Of the platform and of the stream."""


@dataclass(frozen=True)
class Release:
    """A release of Helm."""

    name: str
    namespace: str
    chart: str
    version: str | None = None
    repository: str | None = None
    values: str | None = None

    def command(self, context: str, timeout: str, *more: str) -> Sequence[str]:
        """The command that installs it, or upgrades it to the same."""
        version = ["--version", self.version] if self.version else []
        repository = ["--repo", self.repository] if self.repository else []
        values = ["--values", str(_VALUES / self.values)] if self.values else []
        return [
            *("helm", "upgrade", "--install", self.name, self.chart, *repository, *version),
            *("--kube-context", context, "--namespace", self.namespace, "--create-namespace"),
            *(*values, *more, "--wait", "--timeout", timeout),
        ]


STRIMZI = Release(
    "strimzi", "strimzi", "oci://quay.io/strimzi-helm/strimzi-kafka-operator", "1.2.0", values="strimzi.yaml"
)
SPARK_OPERATOR = Release(
    *("spark-operator", "spark-operator", "spark-operator", "2.5.2"),
    repository="https://kubeflow.github.io/spark-operator",
    values="spark-operator.yaml",
)
INGRESS = Release("traefik", "traefik", "oci://ghcr.io/traefik/helm/traefik", "36.3.0", values="traefik.yaml")
CRYPTOSTREAM = Release("cryptostream", NAMESPACE, str(CHARTS / "cryptostream"), values="cryptostream.yaml")
