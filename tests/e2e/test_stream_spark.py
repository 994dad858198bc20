"""Spark on the cluster: pods are killed, crash, are evicted and suspended, and nothing is lost or counted twice."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from harness.kubernetes import Kubectl, Manifest
from harness.leaks import leaks
from harness.live_stream import WAIT_READY, LiveStream, Market
from harness.pods import Ending, crash, evict, kill, observed_end
from harness.waiting import until

pytestmark = pytest.mark.timeout(400, func_only=True)
# Other ones than the defaults, so that these are seen to arrive.
DRIVER = {"cpu": "150m", "cpuLimit": "3", "memory": "900m", "memoryOverhead": "500m"}
EXECUTOR = {"instances": 2, "cpu": "100m", "memory": "800m", "memoryOverhead": "300m"}
KEYS = {"component", "event", "level", "logger", "timestamp"}


@pytest.fixture(scope="module")
def stream(market: Market) -> Iterator[LiveStream]:
    live = market.create("sparkling", job={"driver": DRIVER, "executor": EXECUTOR})
    live.wait_for_windows()
    yield live
    live.kubectl("delete", "cryptostream", live.name, "--wait=false")


@pytest.fixture
def driver(stream: LiveStream) -> str:
    return stream.cluster.stream.names.driver_pod


def goes_on(stream: LiveStream) -> None:
    """New windows come, and everything stored is what verify computes from the topic."""
    stream.wait_for_windows()
    stream.verify()


def restarted(stream: LiveStream, before: set[str]) -> None:
    """Wait until another driver has taken the stream over and writes."""
    until(lambda: stream.uids("driver") - before, lambda: f"another driver: {stream.describe()}", WAIT_READY, 0.5)
    until(lambda: stream.cluster.driver_page("/readyz") == "ok\n", stream.describe, WAIT_READY, 0.5)


def checkpoints(stream: LiveStream) -> int:
    """With how many checkpoints batches were written: one as long as it is kept."""
    return int(stream.value("SELECT count(DISTINCT checkpoint)", "crypto_batches"))


def spark_pods(stream: LiveStream) -> list[str]:
    """The names and phases of Spark's pods."""
    pods = [*stream.pods("driver"), *stream.pods("executor")]
    return [f"{pod['metadata']['name']} {pod['status']['phase']}" for pod in pods]


def shows_a_graceful_end(stream: LiveStream, ending: Ending, began: datetime) -> None:
    """The job found the file, ended its batch and left by itself, before anybody was killed."""
    noticed, stopped = ending.at("stop file found"), ending.at("job stopped")
    assert ending.finished is not None
    print(
        f"asked to stop; {(noticed - began).total_seconds():.2f} s later the file was found, "
        f"{(stopped - began).total_seconds():.2f} s the job had stopped, "
        f"{(ending.finished - began).total_seconds():.0f} s its container was gone with exit code {ending.exit_code}"
    )
    assert ending.exit_code == 0
    assert (stopped - noticed).total_seconds() < 25
    # Batches follow each other without a pause: one more may have begun, whose transaction is whole or not there.
    begun, committed = stream.checkpoint_batches()
    stored = int(stream.value("SELECT max(batch_id)", "crypto_batches"))
    print(f"batch {begun} was the last that began; committed by Spark: {committed}, in the database: {stored}")
    assert committed <= stored <= begun <= committed + 1


def test_pods_have_the_resources_that_the_specification_gives_them(stream: LiveStream) -> None:
    (driver,), executors = stream.pods("driver"), stream.pods("executor")
    assert resources(driver) == {
        "requests": {"cpu": "150m", "memory": "1400Mi"},
        "limits": {"cpu": "3", "memory": "1400Mi"},
    }
    assert len(executors) == 2
    for executor in executors:
        assert resources(executor) == {"requests": {"cpu": "100m", "memory": "1100Mi"}, "limits": {"memory": "1100Mi"}}


def resources(pod: Manifest) -> dict[str, Any]:
    (container,) = pod["spec"]["containers"]
    found: dict[str, Any] = container["resources"]
    return found


def test_killed_executors_are_replaced_under_the_same_driver(stream: LiveStream) -> None:
    driver, executors = stream.uids("driver"), stream.uids("executor")
    for pod in stream.pods("executor"):
        kill(stream.kubectl, pod["metadata"]["name"])
    began = time.monotonic()
    until(lambda: len(stream.uids("executor") - executors) == 2, "two other executors", 90, 0.5)
    print(f"two other executors after {time.monotonic() - began:.1f} s")
    goes_on(stream)
    assert stream.uids("driver") == driver


@pytest.mark.parametrize("how", [kill, pytest.param(partial(crash, program="java"), id="crash")])
def test_a_driver_that_is_lost_comes_back_by_itself_and_goes_on_from_its_checkpoint(
    stream: LiveStream, driver: str, how: Any
) -> None:
    before = stream.uids("driver")
    outage = stream.outage_of_the_job(lambda: how(stream.kubectl, driver))
    print(f"{outage:.1f} s without a batch")
    restarted(stream, before)
    goes_on(stream)
    assert checkpoints(stream) == 1


def test_an_evicted_driver_ends_its_batch_and_comes_back(stream: LiveStream, driver: str) -> None:
    before = stream.uids("driver")
    with observed_end(stream.kubectl, driver) as ending:
        began = datetime.now(UTC)
        evict(stream.kubectl, driver)
    assert ending.exit_code == 0
    assert ending.at("stop file found") < ending.at("job stopped")
    restarted(stream, before)
    goes_on(stream)
    print(f"writing again {(datetime.now(UTC) - began).total_seconds():.0f} s after the eviction")
    assert checkpoints(stream) == 1


def test_a_suspended_stream_ends_its_batch_before_its_pods_go(stream: LiveStream, driver: str) -> None:
    with observed_end(stream.kubectl, driver) as ending:
        began = datetime.now(UTC)
        stream.world.patch({"suspend": True})
    shows_a_graceful_end(stream, ending, began)
    until(lambda: not spark_pods(stream), lambda: f"the pods to go: {spark_pods(stream)} {stream.describe()}", 90, 0.5)
    stream.change(suspend=False)
    goes_on(stream)
    assert checkpoints(stream) == 1


def test_every_line_that_a_part_writes_is_json_with_the_same_keys(stream: LiveStream) -> None:
    written = {
        pod["metadata"]["name"]: stream.kubectl("logs", pod["metadata"]["name"])
        for component in ("driver", "executor", "producer")
        for pod in stream.pods(component)
    }
    assert len(written) >= 4
    for pod, log in written.items():
        lines = [json.loads(line) for line in log.splitlines()]
        assert all(line.keys() >= KEYS for line in lines), pod
        assert "critical" not in {line["level"] for line in lines}
    assert any('"org.apache.spark.scheduler' in log for log in written.values()), "Spark's own lines"


def test_no_secret_can_be_read_but_in_secrets(stream: LiveStream) -> None:
    assert leaks(stream.kubectl) == []
    login = stream.kubectl(
        "get", "secret", f"{stream.name}-job", "--output=go-template={{.data.password | base64decode}}"
    )
    planted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "planted"}, "data": {"a": f"x{login}y"}}
    stream.kubectl.apply(planted)
    assert f"configmaps: {stream.name}-job/password" in leaks(stream.kubectl)
    Kubectl(stream.kubectl.namespace)("delete", "configmap", "planted")
