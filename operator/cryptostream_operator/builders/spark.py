"""The SparkApplication that runs the job."""

from typing import Any

from cryptostream_operator.api.workloads import Driver, Executor
from cryptostream_operator.builders.image_layout import MAIN_FILE
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream, job_image, job_spec_hash
from cryptostream_operator.builders.metadata import owned
from cryptostream_operator.builders.spark_pods import driver_template, executor_template
from cryptostream_operator.labels import SPEC_HASH, child_labels

COMPONENT = "job"
DRIVER = "driver"
EXECUTOR = "executor"

_RETRY_SECONDS = 10

_SPARK_CONF = {
    # Claims are made by the operator only; without these Spark looks for some of its own and needs rights on them.
    "spark.kubernetes.driver.ownPersistentVolumeClaim": "false",
    "spark.kubernetes.driver.reusePersistentVolumeClaim": "false",
    # The Service goes with the driver's pod, which owns it: no rights on Services are needed.
    "spark.kubernetes.driver.service.deleteOnTermination": "false",
    # An executor whose pod has vanished at once, as with its node, is only missed when the pods are listed.
    "spark.kubernetes.executor.apiPollingInterval": "10s",
    "spark.kubernetes.executor.missingPodDetectDelta": "15s",
    # Spark ends a driver that has lost too many executors. In a job without end the old losses must not count.
    "spark.executor.failuresValidityInterval": "1h",
}


def spark_application(stream: Stream, defaults: Defaults, suspended: bool | None = None) -> Manifest:
    """The SparkApplication. ``suspended`` stops the job whatever the specification says, as a rebuild needs it.

    The Spark operator replaces the driver after any other change of it, however small.
    """
    job = stream.spec.job
    spec: Manifest = {
        "type": "Python",
        "pythonVersion": "3",
        "mode": "cluster",
        "sparkVersion": defaults.spark_version,
        "image": job_image(stream, defaults),
        "imagePullPolicy": job.image_pull_policy,
        "mainApplicationFile": MAIN_FILE,
        "suspend": stream.spec.suspend if suspended is None else suspended,
        # OnFailure would count the failures of a lifetime and give up at last. Both intervals are needed: where the
        # Spark operator's webhook does not set them, a retry without them fails.
        "restartPolicy": {
            "type": "Always",
            "onFailureRetryInterval": _RETRY_SECONDS,
            "onSubmissionFailureRetryInterval": _RETRY_SECONDS,
        },
        "sparkConf": dict(_SPARK_CONF),
        "driver": {
            **_resources(job.driver),
            "serviceAccount": stream.names.job,
            "labels": {**child_labels(stream.name, DRIVER), SPEC_HASH: job_spec_hash(stream, defaults)},
            "template": driver_template(stream),
        },
        "executor": {
            **_resources(job.executor),
            "instances": job.executor.instances,
            "deleteOnTermination": True,
            "labels": child_labels(stream.name, EXECUTOR),
            "template": executor_template(stream),
        },
    }
    if defaults.image_pull_secrets:
        spec["imagePullSecrets"] = list(defaults.image_pull_secrets)
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": owned(stream, stream.names.spark_application, COMPONENT),
        "spec": spec,
    }


def _resources(part: Driver | Executor) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "cores": part.cores,
        "coreRequest": part.cpu,
        "memory": part.memory,
        "memoryOverhead": part.memory_overhead,
    }
    return resources if part.cpu_limit is None else {**resources, "coreLimit": part.cpu_limit}
