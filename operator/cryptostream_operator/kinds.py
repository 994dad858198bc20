"""The kinds of object that the operator deals with, and which of them a cluster may lack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptostream_operator.api.names import GROUP, KIND, PLURAL, VERSION

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A kind of namespaced object. ``provider`` names the product whose CRD it is, None for Kubernetes' own."""

    group: str
    version: str
    kind: str
    plural: str
    provider: str | None = None

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def atomic_lists(self) -> bool:
        """Whether lists are replaced as a whole: Kubernetes' own kinds merge theirs by key."""
        return self.provider is not None


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """An object's identity in the cluster."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.name}"


CRYPTO_STREAM = Kind(GROUP, VERSION, KIND, PLURAL)
KAFKA_TOPIC = Kind("kafka.strimzi.io", "v1", "KafkaTopic", "kafkatopics", "Strimzi")
KAFKA_USER = Kind("kafka.strimzi.io", "v1", "KafkaUser", "kafkausers", "Strimzi")
SPARK_APPLICATION = Kind(
    "sparkoperator.k8s.io", "v1beta2", "SparkApplication", "sparkapplications", "the Spark operator"
)
POD_MONITOR = Kind("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors", "the Prometheus operator")
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")
DISRUPTION_BUDGET = Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets")
SERVICE_ACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts")
ROLE = Kind("rbac.authorization.k8s.io", "v1", "Role", "roles")
ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")
CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
JOB = Kind("batch", "v1", "Job", "jobs")
POD = Kind("", "v1", "Pod", "pods")
SECRET = Kind("", "v1", "Secret", "secrets")
NAMESPACE = Kind("", "v1", "Namespace", "namespaces")
EVENT = Kind("events.k8s.io", "v1", "Event", "events")

CHILDREN: tuple[Kind, ...] = (
    SERVICE_ACCOUNT,
    ROLE,
    ROLE_BINDING,
    KAFKA_TOPIC,
    KAFKA_USER,
    CLAIM,
    JOB,
    DISRUPTION_BUDGET,
    DEPLOYMENT,
    SPARK_APPLICATION,
    POD_MONITOR,
)
"""What the operator makes."""
WATCHED: tuple[Kind, ...] = (*CHILDREN, POD)
"""What the operator watches, of the objects with its label."""
OPTIONAL: tuple[Kind, ...] = tuple(kind for kind in CHILDREN if kind.provider is not None)

_BY_TYPE: Mapping[tuple[str, str], Kind] = {
    (kind.api_version, kind.kind): kind for kind in (*WATCHED, CRYPTO_STREAM, SECRET, EVENT)
}


def kind_of(manifest: Mapping[str, Any]) -> Kind:
    """The kind of a manifest. Raises KeyError for one that the operator does not deal with."""
    return _BY_TYPE[manifest["apiVersion"], manifest["kind"]]


def ref_of(manifest: Mapping[str, Any]) -> Ref:
    """The identity of a manifest, which has a namespace."""
    metadata = manifest["metadata"]
    return Ref(kind_of(manifest), metadata["namespace"], metadata["name"])
