"""The images as containers: unprivileged, read-only, as any user; and a whole stream made of them."""

import json
import textwrap
from collections.abc import Iterator

import pytest

from cryptostream_operator.builders.image_layout import GROUP_ID, USER_ID
from harness.cluster_services import SIMULATOR, Services, deploy_services, end_of, finish, one_shot_pod
from harness.cluster_stream import ClusterStream, running_stream
from harness.images import Images, configuration
from harness.kubernetes import Kubectl, fresh_namespace
from harness.waiting import until

PARTS = ("operator", "producer", "job", "simulator")
ANY_USER = 23456
ENTRYPOINT = "/opt/cryptostream/entrypoint"
MARKET = {"symbols": "BTCUSDT:20,ETHUSDT:10", "history": "10m", "seed": "7"}
SHORT_WINDOWS = {"pane": "2s", "slide": "4s", "window": "8s", "allowedLateness": "1s", "producer": {"startFrom": "2m"}}

LOOK_AROUND = """
    import json, os, shutil, sys
    from pathlib import Path

    tools = ("gcc", "cc", "g++", "make", "pip", "pip3", "uv", "javac", "git", "curl")
    leftovers = [Path("/source"), Path("/opt/project"), *Path("/var/lib/apt/lists").glob("*Release")]
    leftovers += Path("/var/cache/apt").rglob("*.deb")
    try:
        Path("/opt/venv/written").touch()
        writable = True
    except OSError:
        writable = False
    print(json.dumps({
        "user": os.getuid(),
        "tools": [tool for tool in tools if shutil.which(tool)],
        "leftovers": [str(path) for path in leftovers if path.exists()],
        "own packages": [path.name for path in Path(sys.prefix).glob("lib/*/site-packages/cryptostream_*")],
        "writable": writable,
    }))
"""
ORPHAN = """
    import os, time

    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            time.sleep(0.2)
        os._exit(0)
    os.waitpid(child, 0)
    time.sleep(1)
    print([pid for pid in os.listdir("/proc") if pid.isdigit() and ") Z " in open(f"/proc/{pid}/stat").read()])
"""
KAFKA_SOURCE = """
    import getpass

    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.readStream.format("kafka").option("subscribe", "x").option("kafka.bootstrap.servers", "x").load()
    print("counted", spark.range(3).count(), "as", getpass.getuser())
"""


@pytest.fixture(scope="module")
def restricted(images: Images) -> Iterator[Kubectl]:
    """kubectl in a namespace that enforces the restricted pod security standard."""
    with fresh_namespace() as namespace:
        Kubectl()("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        yield Kubectl(namespace)


@pytest.fixture(scope="module")
def services(restricted: Kubectl, images: Images) -> Services:
    assert restricted.namespace is not None
    return deploy_services(restricted.namespace, images, MARKET)


@pytest.fixture(scope="module")
def stream(services: Services, images: Images) -> Iterator[ClusterStream]:
    """Its pods run as a user that the images do not know."""
    with running_stream(services, images, user=ANY_USER, **SHORT_WINDOWS) as running:
        yield running


def python(program: str) -> list[str]:
    return ["python", "-c", textwrap.dedent(program)]


@pytest.mark.parametrize("part", PARTS)
def test_an_image_says_what_it_is_and_asks_for_no_root(images: Images, part: str) -> None:
    config = configuration(getattr(images, part))
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert config["User"] == f"{USER_ID}:{GROUP_ID}"
    assert labels["title"] == f"cryptostream-{part}"
    assert labels["licenses"] == "Apache-2.0"
    assert labels["base.name"] == "docker.io/library/python:3.11-slim-bookworm"
    assert labels["version"] == "0.1.0"
    assert all(labels[name] for name in ("description", "vendor", "revision"))


@pytest.mark.parametrize("part", PARTS)
def test_an_image_holds_what_it_runs_and_nothing_that_builds(restricted: Kubectl, images: Images, part: str) -> None:
    restricted.apply(one_shot_pod(f"look-{part}", getattr(images, part), python(LOOK_AROUND), user=ANY_USER))
    found = json.loads(finish(restricted, f"look-{part}"))
    assert (found["user"], found["writable"]) == (ANY_USER, False)
    assert (found["tools"], found["leftovers"]) == ([], [])
    foreign = {"operator": "producer", "producer": "operator", "job": "operator", "simulator": "producer"}[part]
    assert f"cryptostream_{part}" in found["own packages"]
    assert f"cryptostream_{foreign}" not in found["own packages"]


@pytest.mark.parametrize(
    ("part", "environment", "said"),
    [
        ("producer", {}, "CRYPTOSTREAM_SYMBOLS: Field required"),
        ("operator", {"CRYPTOSTREAM_OPERATOR_WORKERS": "0"}, "CRYPTOSTREAM_OPERATOR_WORKERS = '0'"),
        ("simulator", {"CRYPTOSTREAM_SIMULATOR_SPEED": "0"}, "CRYPTOSTREAM_SIMULATOR_SPEED = '0'"),
    ],
)
def test_a_wrong_setting_ends_a_container_with_its_name(
    restricted: Kubectl, images: Images, part: str, environment: dict[str, str], said: str
) -> None:
    pod = f"misled-{part}"
    restricted.apply(one_shot_pod(pod, getattr(images, part), None, environment=environment, user=ANY_USER))
    code, written = end_of(restricted, pod)
    assert (code, said in written) == (2, True), written


def test_a_container_ends_in_good_order_when_told_to(restricted: Kubectl, services: Services) -> None:
    restricted("exec", f"deployment/{SIMULATOR}", "--", *python("import os; os.kill(1, 15)"))

    def last_end() -> dict[str, object] | None:
        (pod,) = restricted.list("pods", f"app={SIMULATOR}")
        ended: dict[str, object] | None = pod["status"]["containerStatuses"][0]["lastState"].get("terminated")
        return ended

    ended = until(last_end, "the simulator's end")
    assert ended is not None
    assert ended["exitCode"] == 0
    restricted("rollout", "status", f"deployment/{SIMULATOR}", "--timeout=60s")


def test_the_job_image_runs_spark_with_the_kafka_source_as_any_user(restricted: Kubectl, images: Images) -> None:
    command = [ENTRYPOINT, *python(KAFKA_SOURCE)]
    restricted.apply(one_shot_pod("any-user", images.job, command, user=ANY_USER))
    assert "counted 3 as spark" in finish(restricted, "any-user")


def test_the_job_image_reaps_processes_that_lost_their_parent(restricted: Kubectl, images: Images) -> None:
    restricted.apply(one_shot_pod("orphan", images.job, [ENTRYPOINT, *python(ORPHAN)]))
    assert finish(restricted, "orphan").strip() == "[]"


def test_nothing_to_be_read_shows_a_password(stream: ClusterStream) -> None:
    kubectl = stream.kubectl
    pods = [pod["metadata"]["name"] for pod in kubectl.list("pods", f"cryptostream.io/stream={stream.stream.name}")]
    assert stream.stream.names.driver_pod in pods
    assert len(pods) >= 4
    texts = {pod: kubectl("logs", pod) for pod in pods}
    texts["events"] = kubectl("get", "events", "--output=json")
    texts["config maps"] = kubectl("get", "configmaps", "--output=json")
    texts["application"] = json.dumps(kubectl.get("sparkapplication", stream.stream.names.spark_application))
    assert len(stream.secret_values) == 3
    shown = [name for name, text in texts.items() if any(value in text for value in stream.secret_values)]
    assert shown == []


def test_every_part_of_a_stream_runs_as_any_user(stream: ClusterStream) -> None:
    pods = stream.kubectl.list("pods", f"cryptostream.io/stream={stream.stream.name}")
    running = [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Running"]
    users = {pod: stream.kubectl("exec", pod, "--", "id", "-u").strip() for pod in running}
    assert len(users) >= 3
    assert set(users.values()) == {str(ANY_USER)}


def test_a_stream_runs_on_the_cluster_and_is_verified_there(stream: ClusterStream) -> None:
    def closed_windows() -> float:
        lines = stream.driver_page("/metrics").splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("cryptostream_job_windows_closed_total"))

    until(lambda: closed_windows() > 20, "closed windows", 60, 1)
    stream.stop_producers()
    report = json.loads(stream.run("verify", "cryptostream", "verify", "--wait", "60", "--json"))
    print(report)
    assert report["passed"]
