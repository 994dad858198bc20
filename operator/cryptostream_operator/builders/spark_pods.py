"""Pod templates of Spark's driver and executors.

Spark takes the container that the Spark operator names from the template and sets its image, arguments, CPU and memory;
environment, mounts, probes and security contexts stay as they are, and so it needs no mutating webhook. It keeps the
executors' template in a ConfigMap: nothing in here is secret, only references are.
"""

from cryptostream_operator.builders.checkpoint import claim_name
from cryptostream_operator.builders.database_access import database_mounts, database_volumes
from cryptostream_operator.builders.environment import job_environment
from cryptostream_operator.builders.image_layout import (
    CHECKPOINTS,
    DRIVER_PORT,
    METRICS_PORT_NAME,
    STATE,
    STOP_FILE,
    TEMPORARY,
)
from cryptostream_operator.builders.inputs import Manifest, Stream
from cryptostream_operator.builders.kafka_access import authority_mounts, authority_volumes
from cryptostream_operator.builders.pod_security import (
    container_security_context,
    pod_security_context,
    temporary_mount,
    temporary_volume,
)
from cryptostream_operator.builders.variables import entries
from cryptostream_operator.labels import SPARK_APPLICATION, SPARK_ROLE

DRIVER_CONTAINER = "spark-kubernetes-driver"
EXECUTOR_CONTAINER = "spark-kubernetes-executor"

_CHECKPOINT_VOLUME = "checkpoint"
_STATE_VOLUME = "state"
# The job ends by itself within about 30 s (the current batch, the outbox), and the hook with it.
_LONGEST_STOP = 50
_GRACE = 60


def driver_template(stream: Stream) -> Manifest:
    """The driver's PodTemplateSpec."""
    return {
        "spec": {
            # Spark asks the API server for executors.
            "automountServiceAccountToken": True,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": _GRACE,
            "securityContext": pod_security_context(),
            "containers": [_driver_container(stream)],
            "volumes": [*_volumes(stream), *database_volumes(stream), {"name": _STATE_VOLUME, "emptyDir": {}}],
        }
    }


def executor_template(stream: Stream) -> Manifest:
    """The executors' PodTemplateSpec: neither token nor login, which the driver sends with the work."""
    spec: Manifest = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(),
        "containers": [
            {
                "name": EXECUTOR_CONTAINER,
                "workingDir": TEMPORARY,
                "securityContext": container_security_context(),
                "volumeMounts": _mounts(stream),
            }
        ],
        "volumes": _volumes(stream),
    }
    if stream.spec.job.checkpoint.access_mode == "ReadWriteOnce":
        spec["affinity"] = _beside_the_driver(stream)
    return {"spec": spec}


def _driver_container(stream: Stream) -> Manifest:
    return {
        "name": DRIVER_CONTAINER,
        # Spark writes some folders to where it is started.
        "workingDir": TEMPORARY,
        "env": entries(job_environment(stream)),
        "ports": [{"name": METRICS_PORT_NAME, "containerPort": DRIVER_PORT, "protocol": "TCP"}],
        "startupProbe": {"httpGet": _health(), "periodSeconds": 1, "failureThreshold": 300},
        "livenessProbe": {"httpGet": _health(), "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6},
        # Not /readyz: the name of the driver's Service resolves only while the pod is ready, and executors connect to
        # it while the job still waits for the database or Kafka. Too many that cannot would end the driver.
        "readinessProbe": {"httpGet": _health(), "periodSeconds": 2, "timeoutSeconds": 5},
        # On SIGTERM the JVM goes at once. The job ends in good order when it finds the file; with its container the
        # hook ends too.
        "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", f"touch {STOP_FILE}; sleep {_LONGEST_STOP}"]}}},
        "securityContext": container_security_context(),
        "volumeMounts": [*_mounts(stream), *database_mounts(stream), {"name": _STATE_VOLUME, "mountPath": STATE}],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _health() -> Manifest:
    return {"path": "/healthz", "port": METRICS_PORT_NAME}


def _volumes(stream: Stream) -> list[Manifest]:
    claim = {"name": _CHECKPOINT_VOLUME, "persistentVolumeClaim": {"claimName": claim_name(stream)}}
    return [temporary_volume(), claim, *authority_volumes(stream)]


def _mounts(stream: Stream) -> list[Manifest]:
    # The volume's root, not a sub-path: the kubelet would make that as root.
    return [temporary_mount(), {"name": _CHECKPOINT_VOLUME, "mountPath": CHECKPOINTS}, *authority_mounts(stream)]


def _beside_the_driver(stream: Stream) -> Manifest:
    """A ReadWriteOnce volume is mounted on one node: executors can start on the driver's only."""
    driver = {SPARK_APPLICATION: stream.names.spark_application, SPARK_ROLE: "driver"}
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": driver}}
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
