"""The whole platform with its defaults asks for no more than a node of two cores has left."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from kubernetes.utils.quantity import parse_quantity

from cryptostream_operator.builders.inputs import Stream
from harness.helm_chart import Rendered, render
from harness.stream_specs import DEFAULTS, all_children, stream_of

CORES = Decimal(2)
# What the parts of Kubernetes itself ask for on a node of kind: API server 250m, controllers 200m, scheduler, etcd and
# network 100m each, DNS 2 x 100m.
OF_KUBERNETES = Decimal("0.95")
# The cluster operator of Strimzi, by its own chart. The Spark operator asks for nothing.
OF_OPERATORS = Decimal("0.2")
MEMORY = 8 * 1024**3
Asked = tuple[str, Decimal, Decimal]
quantity: Callable[[Any], Decimal] = parse_quantity


def asked(name: str, resources: dict[str, Any]) -> Asked:
    requests = resources.get("requests", {})
    return name, quantity(requests.get("cpu", 0)), quantity(requests.get("memory", 0))


def of_pods(manifest: dict[str, Any]) -> Iterator[Asked]:
    """What the containers of a Deployment, StatefulSet or Job ask for, all at once."""
    for container in manifest["spec"]["template"]["spec"]["containers"]:
        asks = asked(container["name"], container.get("resources", {}))
        replicas = manifest["spec"].get("replicas", 1)
        yield asks[0], asks[1] * replicas, asks[2] * replicas


def of_release(release: Rendered) -> Iterator[Asked]:
    for kind in ("Deployment", "StatefulSet", "Job"):
        for manifest in release.of(kind):
            yield from of_pods(manifest)
    kafka, (pool,) = release.one("Kafka")["spec"], release.of("KafkaNodePool")
    brokers = pool["spec"]["replicas"]
    _, cpu, memory = asked("kafka", pool["spec"].get("resources") or kafka["kafka"].get("resources", {}))
    yield "kafka", cpu * brokers, memory * brokers
    for operator in ("topicOperator", "userOperator"):
        yield asked(operator, kafka["entityOperator"][operator]["resources"])


def of_stream(stream: Stream) -> Iterator[Asked]:
    for child in all_children(stream, DEFAULTS):
        if child["kind"] == "Deployment":
            yield from of_pods(child)
        if child["kind"] == "SparkApplication":
            for part in ("driver", "executor"):
                spec = child["spec"][part]
                # Spark's letters are binary.
                heap, overhead = (quantity(spec[key].upper() + "i") for key in ("memory", "memoryOverhead"))
                number = spec.get("instances", 1)
                yield part, quantity(spec["coreRequest"]) * number, (heap + overhead) * number


@pytest.fixture(scope="module")
def everything() -> list[Asked]:
    return [*of_release(render()), *of_stream(stream_of())]


def test_every_container_says_what_it_needs(everything: list[Asked]) -> None:
    names = {name for name, _, _ in everything}
    assert {"operator", "kafka", "topicOperator", "userOperator", "grafana", "producer", "driver", "executor"} <= names
    assert [name for name, cpu, memory in everything if not cpu or not memory] == []


def test_the_platform_with_a_stream_fits_a_node_of_two_cores_with_kubernetes_itself(everything: list[Asked]) -> None:
    cpu, memory = sum(asks[1] for asks in everything), sum(asks[2] for asks in everything)
    print(f"{len(everything)} containers ask for {cpu} cores and {memory / 1024**3:.1f} GiB")
    assert cpu + OF_KUBERNETES + OF_OPERATORS <= CORES
    assert memory <= MEMORY * Decimal("0.75")
