"""The operator as users run it: its image as a Deployment of one pod, with exactly the rights that it asks for."""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptostream_operator.builders.pod_security import (
    container_security_context,
    pod_security_context,
    temporary_mount,
    temporary_volume,
)
from cryptostream_operator.rbac import cluster_rules, namespace_rules
from cryptostream_operator.settings import ENV_PREFIX
from harness.images import Images
from harness.kubernetes import Kubectl, Manifest

OPERATOR = "cryptostream-operator"
_PORT = 8080


@contextmanager
def deployed_operator(namespace: str, images: Images, **settings: str) -> Iterator[None]:
    """Run it for the namespace it is in, until it is ready; ``settings`` are CRYPTOSTREAM_OPERATOR_* ones."""
    chosen = {"namespaces": namespace, "producer_image": images.producer, "job_image": images.job, **settings}
    kubectl = Kubectl(namespace)
    cluster_wide = f"{OPERATOR}-{namespace}"
    kubectl.apply(*_rights(namespace, cluster_wide), _deployment(images.operator, chosen))
    try:
        kubectl("rollout", "status", f"deployment/{OPERATOR}", "--timeout=60s", timeout=70)
        yield
    finally:
        Kubectl()("delete", "clusterrole,clusterrolebinding", cluster_wide)


def _rights(namespace: str, cluster_wide: str) -> list[Manifest]:
    api, subject = "rbac.authorization.k8s.io", {"kind": "ServiceAccount", "name": OPERATOR, "namespace": namespace}
    found: list[Manifest] = [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": OPERATOR}}]
    for kind, name, rules in (("Role", OPERATOR, namespace_rules()), ("ClusterRole", cluster_wide, cluster_rules())):
        metadata = {"name": name}
        found.append({"apiVersion": f"{api}/v1", "kind": kind, "metadata": metadata, "rules": list(rules)})
        found.append(
            {
                "apiVersion": f"{api}/v1",
                "kind": f"{kind}Binding",
                "metadata": metadata,
                "roleRef": {"apiGroup": api, "kind": kind, "name": name},
                "subjects": [subject],
            }
        )
    return found


def _deployment(image: str, settings: dict[str, str]) -> Manifest:
    labels = {"app": OPERATOR}
    container = {
        "name": "operator",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": f"{ENV_PREFIX}{name.upper()}", "value": value} for name, value in settings.items()],
        "ports": [{"name": "http", "containerPort": _PORT}],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": container_security_context(),
        "volumeMounts": [temporary_mount()],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    pod = {
        "serviceAccountName": OPERATOR,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(),
        "containers": [container],
        "volumes": [temporary_volume()],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": OPERATOR},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
