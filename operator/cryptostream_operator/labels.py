"""Every label and annotation that the operator writes or reads."""

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
COMPONENT = "app.kubernetes.io/component"
PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = "app.kubernetes.io/managed-by"

STREAM = "cryptostream.io/stream"
"""The CryptoStream's name: it alone says whose a child without an owner reference is."""
SHARD = "cryptostream.io/shard"
SPEC_HASH = "cryptostream.io/spec-hash"
"""On pods: the specification that they run."""

NAMESPACE_LABELS = "cryptostream.io/namespace-labels"
"""On Spark applications: a hash of their namespace's labels when the Spark operator had not looked at them yet."""

STRIMZI_CLUSTER = "strimzi.io/cluster"
"""On topics and users: which Kafka's operators look after them."""
SPARK_APPLICATION = "sparkoperator.k8s.io/app-name"
"""On driver and executors, written by the Spark operator."""
JOB_NAME = "batch.kubernetes.io/job-name"
"""On pods of a Job, written by Kubernetes."""
SPARK_ROLE = "spark-role"
"""On driver and executors, written by Spark: driver or executor."""

PRODUCT = "cryptostream"
OPERATOR = "cryptostream-operator"


def child_labels(stream: str, component: str, shard: int | None = None) -> dict[str, str]:
    """The labels of a child of the CryptoStream named ``stream``; ``component`` says what it is for."""
    labels = {
        NAME: f"{PRODUCT}-{component}",
        INSTANCE: stream,
        COMPONENT: component,
        PART_OF: PRODUCT,
        MANAGED_BY: OPERATOR,
        STREAM: stream,
    }
    return labels if shard is None else {**labels, SHARD: str(shard)}


def pod_selector(stream: str, component: str, shard: int | None = None) -> dict[str, str]:
    """The labels that choose pods of one component of a stream. A Deployment's selector is immutable: so is this."""
    chosen = {STREAM: stream, COMPONENT: component}
    return chosen if shard is None else {**chosen, SHARD: str(shard)}


PAUSED = "cryptostream.io/paused"
"""Annotation of a CryptoStream: "true" leaves its children as they are."""
APPLIED = "cryptostream.io/applied"
"""Annotation of a child: hash of the manifest that was applied, by which a field that is no longer wanted is found."""
PURGE_FINALIZER = "cryptostream.io/purge"
"""Holds a CryptoStream with deletionPolicy Delete until its stored rows are deleted."""
