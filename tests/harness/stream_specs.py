"""CryptoStreams for tests of the operator: one by one, and drawn by hypothesis from all that the API server admits."""

from typing import Any

from hypothesis import strategies as st

from cryptostream_operator.api.names import LONGEST_NAME
from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.builders.access import driver_role, driver_role_binding, service_accounts
from cryptostream_operator.builders.checkpoint import checkpoint_claim
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream
from cryptostream_operator.builders.monitors import pod_monitors
from cryptostream_operator.builders.producers import producer_deployments, producer_disruption_budget
from cryptostream_operator.builders.purge import purge_job
from cryptostream_operator.builders.rebuild import rebuild_job
from cryptostream_operator.builders.spark import spark_application
from cryptostream_operator.builders.topics import kafka_topics, topics_job
from cryptostream_operator.builders.users import kafka_users

DEFAULTS = Defaults("registry.example/producer:1", "registry.example/job:1", image_pull_secrets=("registry",))
UID = "4b7d0f0e-1111-4222-8333-123456789abc"
EXTERNAL_SASL = {
    "mode": "external",
    "external": {
        "bootstrapServers": "broker-0:9094,broker-1:9094",
        "securityProtocol": "SASL_SSL",
        "producerSecret": {"name": "producer-login", "usernameKey": "user", "passwordKey": "pass"},
        "jobSecret": {"name": "job-login"},
        "authoritySecret": {"name": "authority", "key": "root.pem"},
    },
}
EXTERNAL_PLAIN = {"mode": "external", "external": {"bootstrapServers": "broker:9092"}}


def stream_of(namespace: str = "desk", name: str = "majors", **spec: Any) -> Stream:
    """A stream with the minimal specification and the given fields of it, as JSON has them."""
    wanted = {"exchange": "binance", "symbols": ["BTCUSDT", "ETHUSDT"], **spec}
    return Stream(namespace, name, UID, CryptoStreamSpec.model_validate(wanted))


def all_children(stream: Stream, defaults: Defaults = DEFAULTS) -> list[Manifest]:
    """Everything that any builder makes for the stream."""
    strimzi = stream.spec.kafka.mode == "strimzi"
    claim = checkpoint_claim(stream)
    return [
        *([*kafka_topics(stream), *kafka_users(stream)] if strimzi else [topics_job(stream, defaults)]),
        *service_accounts(stream),
        driver_role(stream),
        driver_role_binding(stream),
        producer_disruption_budget(stream),
        *producer_deployments(stream, defaults),
        *([] if claim is None else [claim]),
        spark_application(stream, defaults),
        rebuild_job(stream, defaults),
        purge_job(stream, defaults),
        *pod_monitors(stream),
    ]


def pod_templates(stream: Stream, defaults: Defaults = DEFAULTS) -> list[Manifest]:
    """The pod templates among the children; Spark's as Spark completes them."""
    templates: list[Manifest] = []
    for child in all_children(stream, defaults):
        if child["kind"] in ("Deployment", "Job"):
            templates.append(child["spec"]["template"])
        if child["kind"] == "SparkApplication":
            templates += [_completed(child["spec"], part) for part in ("driver", "executor")]
    return templates


def without_owner(*manifests: Manifest) -> list[Manifest]:
    """The manifests as they can really be applied where their stream does not exist: nobody collects them then."""
    kept = []
    for manifest in manifests:
        metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
        kept.append({**manifest, "metadata": metadata})
    return kept


def _completed(spec: Manifest, part: str) -> Manifest:
    """What Spark adds to a template: labels, restart policy, image, arguments, resources."""
    template = spec[part]["template"]
    container = {
        **template["spec"]["containers"][0],
        "image": spec["image"],
        "imagePullPolicy": spec["imagePullPolicy"],
        "args": [part],
        "resources": {"requests": {"cpu": spec[part]["coreRequest"], "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    }
    pod = {**template["spec"], "restartPolicy": "Never", "containers": [container]}
    if "serviceAccount" in spec[part]:
        pod["serviceAccountName"] = spec[part]["serviceAccount"]
    return {"metadata": {"labels": spec[part]["labels"]}, "spec": pod}


def dns_labels(longest: int) -> st.SearchStrategy[str]:
    return st.from_regex(f"[a-z]([-a-z0-9]{{0,{longest - 2}}}[a-z0-9])?", fullmatch=True)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    """Any stream that the API server admits."""
    exchange = draw(st.sampled_from(["binance", "coinbase"]))
    form = "[A-Z0-9]{2,12}" if exchange == "binance" else "[A-Z0-9]{2,8}-[A-Z0-9]{2,5}"
    partitions = draw(st.integers(1, 12))
    pane = draw(st.integers(1, 60))
    slide = pane * draw(st.integers(1, 4))
    kafka = draw(st.sampled_from([{"mode": "strimzi", "cluster": "prod", "port": 9094}, EXTERNAL_SASL, EXTERNAL_PLAIN]))
    checkpoint = draw(
        st.fixed_dictionaries(
            {"accessMode": st.sampled_from(["ReadWriteOnce", "ReadWriteMany"]), "size": st.sampled_from(["1Gi", "2G"])},
            optional={"claimName": dns_labels(63), "storageClass": dns_labels(63)},
        )
    )
    spec = {
        "exchange": exchange,
        "symbols": draw(st.lists(st.from_regex(form, fullmatch=True), min_size=1, max_size=8, unique=True)),
        "kafka": kafka,
        "topic": draw(
            st.fixed_dictionaries(
                {"partitions": st.just(partitions), "retention": st.sampled_from(["7d", "48h", "all"])},
                optional={"replicas": st.integers(1, 9)},
            )
        ),
        "producer": {
            "shards": draw(st.integers(1, partitions)),
            "startFrom": draw(st.sampled_from(["0s", "90s", "1h", "23h"])),
            "maxHeal": draw(st.sampled_from(["500ms", "60m", "6h"])),
            "resources": {"cpu": draw(st.sampled_from(["100m", "0.5", "1000m"])), "memory": "1024Mi", "cpuLimit": "4"},
        },
        "pane": f"{pane}s",
        "slide": f"{slide}s",
        "window": f"{slide * draw(st.integers(1, 6))}s",
        "allowedLateness": "1s",
        "job": {
            "checkpoint": checkpoint,
            "executor": {"instances": draw(st.integers(1, 4)), "cpuLimit": "2"},
            "triggerInterval": draw(st.sampled_from(["0ms", "250ms", "1m"])),
        },
        "suspend": draw(st.booleans()),
        "restartNonce": draw(st.integers(0, 2**31)),
        "deletionPolicy": draw(st.sampled_from(["Retain", "Delete"])),
    }
    return stream_of(draw(dns_labels(63)), draw(dns_labels(LONGEST_NAME)), **spec)
