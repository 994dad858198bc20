"""Before it touches a machine, ``make kind-up`` says all that is missing, and what to do about it."""

import json
import socket
from pathlib import Path

import pytest

from harness.local_cluster import GIB, Laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def test_a_machine_that_has_everything(laptop: Laptop) -> None:
    checked = laptop.run("check")
    assert checked.returncode == 0
    assert "everything that is needed is here" in checked.stderr
    assert laptop.changes() == []


@pytest.mark.parametrize("tool", ["kind", "kubectl", "helm"])
def test_a_tool_that_is_missing(laptop: Laptop, tool: str) -> None:
    laptop.lacks(tool)
    checked = laptop.run("up")
    assert checked.returncode == 1
    assert f"problem: {tool} is not installed or does not start: see https://" in checked.stderr
    assert laptop.changes() == []


@pytest.mark.parametrize(
    ("tool", "answer", "complaint"),
    [
        ("kind", "kind v0.26.0 go1.23.4 linux/amd64", "kind is 0.26.0, needed is 0.27 or newer"),
        ("helm", "v3.13.2+g2a2fb3b", "helm is 3.13.2, needed is 3.14 or newer"),
        ("kubectl", json.dumps({"clientVersion": {"gitVersion": "v1.30.9"}}), "kubectl is 1.30.9, needed is 1.31"),
        ("helm", "command not found, did you mean hexm", "names no version"),
    ],
)
def test_a_tool_that_will_not_do(laptop: Laptop, tool: str, answer: str, complaint: str) -> None:
    laptop.has(tool, {"version*": answer})
    checked = laptop.run("check")
    assert checked.returncode == 1
    assert complaint in checked.stderr


def test_a_minikube_whose_kubernetes_is_too_old_for_the_chart(laptop: Laptop) -> None:
    laptop.has("minikube", {"version --short": "v1.33.1"})
    assert "minikube is 1.33.1, needed is 1.34 or newer" in laptop.run("check", "--tool=minikube").stderr


@pytest.mark.parametrize("version", ["v3.14.0+g3fc9f4b", "v3.22.0", "v4.3.1+g1234567"])
def test_helm_3_and_4_will_do(laptop: Laptop, version: str) -> None:
    laptop.has("helm", {"version --short": version})
    assert laptop.run("check").returncode == 0


def test_nothing_that_runs_containers(laptop: Laptop) -> None:
    laptop.lacks("docker")
    checked = laptop.run("check")
    assert "neither Docker nor Podman runs: install one and start it" in checked.stderr
    assert checked.returncode == 1


def test_docker_that_is_not_started(laptop: Laptop) -> None:
    # Its client prints a document all the same, and some versions end with 0.
    laptop.has_docker(cpus=0, memory=0)
    assert "neither Docker nor Podman runs" in laptop.run("check").stderr


def test_an_engine_that_was_asked_for(laptop: Laptop) -> None:
    assert "podman does not run: start it ('podman info' must work)" in laptop.run("check", "--engine=podman").stderr


def test_everything_that_is_wrong_is_told_at_once(laptop: Laptop) -> None:
    laptop.lacks("helm")
    laptop.lacks("kind")
    laptop.lacks("docker")
    assert laptop.run("check").stderr.count("problem: ") == 3


def test_minikube_is_asked_for_only_where_it_is_used(laptop: Laptop) -> None:
    laptop.lacks("minikube")
    assert laptop.run("check").returncode == 0
    checked = laptop.run("check", "--tool=minikube")
    assert "minikube is not installed" in checked.stderr
    assert checked.returncode == 1


def test_a_machine_that_is_too_small(laptop: Laptop) -> None:
    laptop.has_docker(cpus=1, memory=4 * GIB)
    checked = laptop.run("check")
    assert "docker may use 1 CPU, needed are 2: give it more" in checked.stderr
    assert "docker may use 4.0 GiB of memory, needed are 7 GiB" in checked.stderr
    assert checked.returncode == 1


def test_a_port_that_is_taken(laptop: Laptop) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        checked = laptop.run("check", "--http-port", port, "--https-port", 0)
        assert f"port {port} of 127.0.0.1 is taken" in checked.stderr
        assert "--http-port" in checked.stderr
        assert checked.returncode == 1


def test_a_cluster_that_is_there_may_use_its_ports_and_memory(laptop: Laptop) -> None:
    laptop.has_a_cluster()
    laptop.has_docker(memory=4 * GIB)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        assert laptop.run("check", "--http-port", port, "--https-port", 0).returncode == 0
