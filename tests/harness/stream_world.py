"""A CryptoStream on the test cluster: what a test does to it and sees of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.kubernetes import Kubectl, KubectlError, Manifest, crypto_stream
from harness.waiting import until

CHILD_KINDS = (
    "serviceaccounts,roles,rolebindings,kafkatopics,kafkausers,persistentvolumeclaims,jobs,poddisruptionbudgets,"
    "deployments,sparkapplications,podmonitors"
)
CHILDREN = {
    "ServiceAccount/majors-producer",
    "ServiceAccount/majors-job",
    "Role/majors-job",
    "RoleBinding/majors-job",
    "KafkaTopic/majors-trades",
    "KafkaTopic/majors-positions",
    "KafkaTopic/majors-alerts",
    "KafkaTopic/majors-dead-letters",
    "KafkaUser/majors-producer",
    "KafkaUser/majors-job",
    "PersistentVolumeClaim/majors-checkpoint",
    "PodDisruptionBudget/majors-producer",
    "Deployment/majors-producer-0",
    "SparkApplication/majors",
    "PodMonitor/majors-producer",
    "PodMonitor/majors-job",
}
KEPT = {name for name in CHILDREN if name.startswith(("KafkaTopic/", "PersistentVolumeClaim/"))}
"""What outlives its stream."""
OURS = "app.kubernetes.io/managed-by=cryptostream-operator"


@dataclass(frozen=True)
class StreamWorld:
    """One stream in the test's namespace."""

    kubectl: Kubectl
    name: str = "majors"

    def create(self, **spec: Any) -> None:
        self.kubectl.apply(crypto_stream(self.name, **spec))

    def patch(self, spec: Mapping[str, Any]) -> None:
        self.kubectl("patch", "cryptostream", self.name, "--type", "merge", "--patch", json.dumps({"spec": spec}))

    def get(self) -> Manifest:
        return self.kubectl.get("cryptostream", self.name)

    def exists(self, kind: str, name: str) -> bool:
        try:
            self.kubectl("get", kind, name)
        except KubectlError as error:
            assert "NotFound" in str(error), error
            return False
        return True

    def children(self) -> Sequence[Manifest]:
        """Everything with the operator's label, whichever stream it is of, without pods."""
        return self.kubectl.list(CHILD_KINDS, OURS)

    def names(self) -> set[str]:
        """Kinds and names of this stream's children: beside it there may be what other streams have left."""
        children = self.kubectl.list(CHILD_KINDS, f"{OURS},cryptostream.io/stream={self.name}")
        return {f"{child['kind']}/{child['metadata']['name']}" for child in children}

    def conditions(self) -> dict[str, Manifest]:
        return {found["type"]: found for found in self.get().get("status", {}).get("conditions", [])}

    def wait_for(self, kind: str, reason: str, timeout: float = 30) -> Manifest:
        """Wait until a condition has a reason, and return it."""
        until(
            lambda: self.conditions().get(kind, {}).get("reason") == reason,
            lambda: f"{kind} to be {reason}: {self.conditions().get(kind)}",
            timeout=timeout,
            interval=0.2,
        )
        return self.conditions()[kind]

    def wait_until_seen(self) -> None:
        """Wait until the operator has acted on the newest specification and has nothing left to apply."""
        until(
            lambda: (
                (found := self.get())["metadata"]["generation"] == found.get("status", {}).get("observedGeneration")
            ),
            "the specification to be observed",
            interval=0.2,
        )
