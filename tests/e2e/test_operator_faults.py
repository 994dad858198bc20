"""The API server fails for a while: the operator says so where it must, waits, and goes on by itself."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.api_proxy import Answer, ApiProxy, Harm
from harness.operator_process import OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

_WITHIN = 30.0


@pytest.fixture
def proxy(cluster: object) -> Iterator[ApiProxy]:
    running = ApiProxy()
    yield running
    running.stop()


@pytest.fixture
def operator(proxy: ApiProxy, namespace: str, world: StreamWorld, tmp_path: Path) -> Iterator[OperatorProcess]:
    kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig")
    running = OperatorProcess(namespace, {"KUBECONFIG": str(kubeconfig)}, request_timeout="3s", stuck_after="60s")
    running.start()
    yield running
    running.stop()


def _too_many(method: str, path: str) -> Answer:
    return Answer(429, retry_after=1)


def _broken(method: str, path: str) -> Answer:
    return Answer(500)


def _silent(method: str, path: str) -> Answer:
    return Answer(None)


def _no_writes(method: str, path: str) -> Answer | None:
    return None if method == "GET" else Answer(503)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("harm", "seconds"), [(_too_many, 15), (_broken, 15), (_silent, 15), (_no_writes, 15), (_broken, 90)]
)
def test_the_operator_outlasts_an_api_server_that_fails(
    world: StreamWorld, proxy: ApiProxy, operator: OperatorProcess, harm: Harm, seconds: int
) -> None:
    world.create()
    until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    with proxy.harming(harm):
        world.kubectl("delete", "deployment", "majors-producer-0")
        world.patch({"producer": {"shards": 2}})
        until(lambda: proxy.harmed > 0, "the harm to be met")
        for _ in range(seconds):
            assert operator.page("/healthz") == "ok\n"
            assert operator.is_running
            time.sleep(1)
    began = time.monotonic()
    wanted = CHILDREN | {"Deployment/majors-producer-1"}
    until(lambda: world.names() == wanted, lambda: f"all children: {world.names() ^ wanted}", timeout=_WITHIN)
    print(f"\n{harm.__name__} for {seconds} s: {proxy.harmed} requests, good {time.monotonic() - began:.1f} s later")
    assert operator.is_running
    assert proxy.most_writes_at_once == 1
    began = time.monotonic()
    world.kubectl("delete", "role", "majors-job")
    until(lambda: world.names() == wanted, "the watches to be back", timeout=_WITHIN)
    print(f"a deleted child is made again after {time.monotonic() - began:.1f} s")


def test_an_operator_that_gets_nowhere_fails_its_probe(
    world: StreamWorld, proxy: ApiProxy, namespace: str, tmp_path: Path
) -> None:
    """So the kubelet restarts it. Here it is left to itself, and goes on as well."""
    environment = {"KUBECONFIG": str(proxy.kubeconfig(tmp_path / "kubeconfig"))}
    operator = OperatorProcess(namespace, environment, workers="1", request_timeout="120s", stuck_after="4s").start()
    try:
        world.create()
        until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
        assert operator.page("/healthz") == "ok\n"

        def only_reads(method: str, path: str) -> Answer | None:
            return None if method == "GET" else Answer(None)

        with proxy.harming(only_reads):
            world.kubectl("delete", "deployment", "majors-producer-0")
            until(lambda: operator.page("/healthz") == "", "its probe to fail", timeout=_WITHIN)
            assert operator.is_running
        until(lambda: operator.page("/healthz") == "ok\n", "its probe to pass", timeout=_WITHIN)
        until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
    finally:
        operator.stop()


@pytest.mark.timeout(300)
def test_the_operator_outlasts_a_restart_of_the_api_server(world: StreamWorld, namespace: str) -> None:
    """CRYPTOSTREAM_TEST_RESTART_API_SERVER: a shell command that restarts it and ends when it answers again."""
    command = os.environ.get("CRYPTOSTREAM_TEST_RESTART_API_SERVER")
    if not command:
        pytest.skip("set CRYPTOSTREAM_TEST_RESTART_API_SERVER to a command that restarts the API server")
    operator = OperatorProcess(namespace).start()
    try:
        world.create()
        until(lambda: world.names() == CHILDREN, lambda: f"all children: {world.names() ^ CHILDREN}")
        before = {child["metadata"]["uid"] for child in world.children()}
        subprocess.run(command, shell=True, check=True, timeout=120)
        began = time.monotonic()
        world.patch({"producer": {"shards": 2}})
        wanted = CHILDREN | {"Deployment/majors-producer-1"}
        until(lambda: world.names() == wanted, lambda: f"all children: {world.names() ^ wanted}", timeout=_WITHIN)
        print(f"\na change is acted on {time.monotonic() - began:.1f} s after the API server's restart")
        assert before < {child["metadata"]["uid"] for child in world.children()}
        for kind, name in (("kafkatopic", "majors-trades"), ("role", "majors-job"), ("podmonitor", "majors-job")):
            world.kubectl("delete", kind, name)
        until(lambda: world.names() == wanted, lambda: f"the watches: {world.names() ^ wanted}", timeout=_WITHIN)
        assert operator.is_running
        assert operator.page("/healthz") == "ok\n"
    finally:
        operator.stop()
