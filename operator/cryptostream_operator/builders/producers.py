"""The producers: a Deployment for each shard, and what a node drain may do to them."""

from cryptostream_operator.builders.environment import producer_environment
from cryptostream_operator.builders.image_layout import METRICS_PORT_NAME, PRODUCER_PORT, STATE
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream, producer_image, producer_spec_hash
from cryptostream_operator.builders.kafka_access import authority_mounts, authority_volumes
from cryptostream_operator.builders.metadata import owned
from cryptostream_operator.builders.pod_security import (
    container_security_context,
    pod_security_context,
    temporary_mount,
    temporary_volume,
)
from cryptostream_operator.builders.quantities import canonical
from cryptostream_operator.builders.variables import entries
from cryptostream_operator.labels import SPEC_HASH, child_labels, pod_selector

COMPONENT = "producer"
_STATE_VOLUME = "state"


def producer_deployments(stream: Stream, defaults: Defaults) -> list[Manifest]:
    """One Deployment a shard; without pods while the stream is suspended."""
    return [_deployment(stream, defaults, shard) for shard in range(stream.spec.producer.shards)]


def producer_disruption_budget(stream: Stream) -> Manifest:
    """Lets a drain take one producer after the other. One that does not work is never in its way."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owned(stream, stream.names.producer, COMPONENT),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": pod_selector(stream.name, COMPONENT)},
        },
    }


def _deployment(stream: Stream, defaults: Defaults, shard: int) -> Manifest:
    labels = {**child_labels(stream.name, COMPONENT, shard), SPEC_HASH: producer_spec_hash(stream, defaults)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": owned(stream, stream.names.producer_shard(shard), COMPONENT, shard),
        "spec": {
            "replicas": 0 if stream.spec.suspend else 1,
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": pod_selector(stream.name, COMPONENT, shard)},
            # The new pod takes the partitions over, which fences the old one: there is no moment without a writer.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": labels}, "spec": _pod(stream, defaults, shard)},
        },
    }


def _pod(stream: Stream, defaults: Defaults, shard: int) -> Manifest:
    pod: Manifest = {
        "serviceAccountName": stream.names.producer,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(),
        "topologySpreadConstraints": [
            _spread(stream, "topology.kubernetes.io/zone"),
            _spread(stream, "kubernetes.io/hostname"),
        ],
        "containers": [_container(stream, defaults, shard)],
        # The state directory outlives the container, not the pod: a fenced producer stays fenced until it is replaced.
        "volumes": [temporary_volume(), {"name": _STATE_VOLUME, "emptyDir": {}}, *authority_volumes(stream)],
    }
    if defaults.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in defaults.image_pull_secrets]
    return pod


def _container(stream: Stream, defaults: Defaults, shard: int) -> Manifest:
    producer = stream.spec.producer
    limits = {"memory": canonical(producer.resources.memory)}
    if producer.resources.cpu_limit is not None:
        limits["cpu"] = canonical(producer.resources.cpu_limit)
    return {
        "name": COMPONENT,
        "image": producer_image(stream, defaults),
        "imagePullPolicy": producer.image_pull_policy,
        "command": ["cryptostream", "produce"],
        "env": entries(producer_environment(stream, shard)),
        "ports": [{"name": METRICS_PORT_NAME, "containerPort": PRODUCER_PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": canonical(producer.resources.cpu), "memory": canonical(producer.resources.memory)},
            "limits": limits,
        },
        "startupProbe": {"httpGet": _probe("/healthz"), "periodSeconds": 1, "failureThreshold": 60},
        "livenessProbe": {
            "httpGet": _probe("/healthz"),
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
        "readinessProbe": {"httpGet": _probe("/readyz"), "periodSeconds": 2, "timeoutSeconds": 2},
        "securityContext": container_security_context(),
        "volumeMounts": [
            temporary_mount(),
            {"name": _STATE_VOLUME, "mountPath": STATE},
            *authority_mounts(stream),
        ],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _probe(path: str) -> Manifest:
    return {"path": path, "port": METRICS_PORT_NAME}


def _spread(stream: Stream, key: str) -> Manifest:
    return {
        "topologyKey": key,
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": pod_selector(stream.name, COMPONENT)},
    }
