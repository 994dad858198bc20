"""Kubernetes Jobs that run one command of the product to its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream
from cryptostream_operator.builders.metadata import owned
from cryptostream_operator.builders.pod_security import (
    container_security_context,
    pod_security_context,
    temporary_mount,
    temporary_volume,
)
from cryptostream_operator.labels import child_labels

# The kubelet starts a failed container again, with growing pauses: a database that is away for hours must not be the
# end of it. A Job without this limit gives up after six tries.
_TRIES = 10_000


@dataclass(frozen=True, slots=True)
class OneShot:
    """What differs between the Jobs."""

    name: str
    component: str
    image: str
    image_pull_policy: str
    service_account: str
    command: Sequence[str]
    environment: Sequence[Manifest]
    memory: str = "256Mi"
    volumes: Sequence[Manifest] = field(default=())
    volume_mounts: Sequence[Manifest] = field(default=())


def kubernetes_job(stream: Stream, defaults: Defaults, work: OneShot) -> Manifest:
    """The Job. It stays when it is done, since its absence means that it has yet to run."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": owned(stream, work.name, work.component),
        "spec": {
            "backoffLimit": _TRIES,
            "template": {
                "metadata": {"labels": child_labels(stream.name, work.component)},
                "spec": _pod(defaults, work),
            },
        },
    }


def _pod(defaults: Defaults, work: OneShot) -> Manifest:
    pod: Manifest = {
        "restartPolicy": "OnFailure",
        "serviceAccountName": work.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(),
        "containers": [
            {
                "name": work.component,
                "image": work.image,
                "imagePullPolicy": work.image_pull_policy,
                "command": list(work.command),
                "env": list(work.environment),
                "resources": {"requests": {"cpu": "50m", "memory": work.memory}, "limits": {"memory": work.memory}},
                "securityContext": container_security_context(),
                "volumeMounts": [temporary_mount(), *work.volume_mounts],
                # What it says last is what the operator reports.
                "terminationMessagePolicy": "FallbackToLogsOnError",
            }
        ],
        "volumes": [temporary_volume(), *work.volumes],
    }
    if defaults.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in defaults.image_pull_secrets]
    return pod
