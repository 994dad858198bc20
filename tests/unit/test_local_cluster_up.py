"""``make kind-up`` brings the whole platform up step by step, ``make kind-down`` leaves nothing of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.local_cluster import Laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def begun(changes: Sequence[str], *beginnings: str) -> list[str]:
    """The commands of those that begin like that, in the order in which they were run."""
    return [next(one for one in beginnings if call.startswith(one)) for call in changes if call.startswith(beginnings)]


def test_the_steps_and_their_order(laptop: Laptop) -> None:
    finished = laptop.run("up")
    assert finished.returncode == 0, finished.stderr
    steps = (
        "kind create cluster --name cryptostream",
        "kubectl --context kind-cryptostream wait --for=condition=Ready nodes",
        "docker build --file images/operator/Dockerfile",
        "docker build --file images/producer/Dockerfile",
        "docker build --file images/job/Dockerfile",
        "docker build --file images/simulator/Dockerfile",
        "kind load docker-image docker.io/cryptostream/operator:local-",
        "helm upgrade --install strimzi oci://",
        "helm upgrade --install spark-operator spark-operator",
        "helm upgrade --install cryptostream ",
        "kubectl --context kind-cryptostream apply --namespace cryptostream",
        "kubectl --context kind-cryptostream wait --namespace cryptostream",
    )
    assert begun(laptop.changes(), *steps) == list(steps)
    assert "traefik" not in " ".join(laptop.changes())


def test_every_command_names_the_cluster(laptop: Laptop) -> None:
    """Whatever context is the current one, no other cluster is touched."""
    laptop.run("up", "--name=mine", "--ingress")
    for call in laptop.changes():
        if call.startswith("helm "):
            assert "--kube-context kind-mine" in call
        if call.startswith("kubectl "):
            assert "--context kind-mine" in call
        if call.startswith("kind "):
            assert "--name mine" in call


def test_a_dry_run_prints_what_would_be_run_and_runs_nothing(laptop: Laptop) -> None:
    printed = laptop.run("up", "--dry-run", "--ingress").stdout
    assert laptop.changes() == []
    laptop.run("up", "--ingress")
    done = [call for call in laptop.changes() if not call.startswith("docker build")]
    # Only a build knows the tag.
    tag = next(word.rpartition(":local-")[2] for call in done for word in call.split() if ":local-" in word)
    text = printed.replace("local-000000000000", f"local-{tag}")
    assert [call for call in done if call not in text.replace(" -- ", " ")] == []
    assert "images/build --prefix docker.io/cryptostream/ --tag local" in text


def test_a_dry_run_where_something_is_missing_prints_all_the_same(laptop: Laptop) -> None:
    laptop.lacks("kind")
    dry = laptop.run("up", "--dry-run")
    assert dry.returncode == 1
    assert "problem: kind is not installed" in dry.stderr
    assert "helm upgrade --install cryptostream" in dry.stdout


def test_again_the_cluster_stays(laptop: Laptop) -> None:
    laptop.has_a_cluster()
    assert laptop.run("up").returncode == 0
    assert not begun(laptop.changes(), "kind create", "kind delete")
    assert begun(laptop.changes(), "helm upgrade --install cryptostream ")


def test_the_tag_is_that_of_the_content(laptop: Laptop) -> None:
    laptop.run("up")
    laptop.run("up")
    tags = {call.split()[-1] for call in laptop.changes() if call.startswith("docker tag ")}
    assert len(tags) == 4
    laptop.has("docker", {"info*": '{"NCPU": 4, "MemTotal": 17179869184}', "image inspect*": "other layers"})
    laptop.run("up")
    assert len({call.split()[-1] for call in laptop.changes() if call.startswith("docker tag ")}) == 8


def test_a_step_that_fails_ends_it_and_is_named(laptop: Laptop) -> None:
    laptop.has("helm", {"version --short": "v3.19.0"}, fails_at="*--install spark-operator*")
    failed = laptop.run("up")
    assert failed.returncode == 1
    assert "helm upgrade --install spark-operator" in failed.stderr.splitlines()[-2]
    assert "exit status 1" in failed.stderr.splitlines()[-2]
    assert "run the same again" in failed.stderr.splitlines()[-1]
    assert not begun(laptop.changes(), "helm upgrade --install cryptostream ")


def test_a_manifest_of_ones_own(laptop: Laptop) -> None:
    laptop.run("up", "--stream", "mine.yaml")
    assert any(call.endswith("--filename mine.yaml") for call in laptop.changes())


def test_no_stream(laptop: Laptop) -> None:
    laptop.run("up", "--no-stream")
    assert not any("--filename" in call for call in laptop.changes())


def test_how_to_go_on(laptop: Laptop) -> None:
    told = laptop.run("up", "--ingress", "--http-port", 0, "--https-port", 0).stderr
    assert "http://grafana.localhost:0" in told
    assert "admin-password" in told
    assert "kubectl --context kind-cryptostream --namespace cryptostream get cryptostreams" in told


def test_ingress(laptop: Laptop) -> None:
    laptop.run("up", "--ingress")
    ours = next(call for call in laptop.changes() if call.startswith("helm upgrade --install cryptostream "))
    assert "--set grafana.ingress.enabled=true --set grafana.ingress.host=grafana.localhost" in ours
    assert begun(laptop.changes(), "helm upgrade --install traefik", "helm upgrade --install cryptostream ") == [
        "helm upgrade --install traefik",
        "helm upgrade --install cryptostream ",
    ]


def test_podman(laptop: Laptop) -> None:
    laptop.has_podman_instead()
    dry = laptop.run("up", "--dry-run").stdout
    assert "KIND_EXPERIMENTAL_PROVIDER=podman kind create cluster" in dry
    assert "BUILDER=podman" in dry
    assert "podman save --multi-image-archive" in dry
    assert "KIND_EXPERIMENTAL_PROVIDER=podman kind load image-archive" in dry
    assert laptop.run("up").returncode == 0


def test_minikube(laptop: Laptop) -> None:
    laptop.lacks("kind")
    assert laptop.run("up", "--tool=minikube").returncode == 0
    changes = laptop.changes()
    assert begun(changes, "minikube start --profile cryptostream --driver=docker")
    assert len([call for call in changes if call.startswith("minikube image load docker.io/cryptostream/")]) == 4
    assert any("--kube-context cryptostream " in call for call in changes)


def test_a_minikube_that_runs_stays(laptop: Laptop) -> None:
    laptop.has("minikube", {"version --short": "v1.36.0", "status --profile cryptostream*": "Running"})
    laptop.run("up", "--tool=minikube")
    assert not begun(laptop.changes(), "minikube start")


def test_down_removes_the_cluster_and_the_images_that_up_has_built(laptop: Laptop) -> None:
    built = ["cryptostream/job:local", "cryptostream/job:local-0123456789ab", "cryptostream/operator:local"]
    others = ["cryptostream/job:0.1.0", "somebody/cryptostream-job:local", "cryptostream/notes:local", "python:3.11"]
    laptop.has_docker(images="\n".join([*built, *others]))
    assert laptop.run("down").returncode == 0
    assert laptop.changes() == ["kind delete cluster --name cryptostream", f"docker rmi {' '.join(built)}"]


def test_down_where_nothing_is(laptop: Laptop) -> None:
    assert laptop.run("down").returncode == 0
    assert laptop.changes() == ["kind delete cluster --name cryptostream"]


def test_a_dry_run_of_down(laptop: Laptop) -> None:
    assert laptop.run("down", "--dry-run").stdout == "kind delete cluster --name cryptostream\n"
    assert laptop.changes() == []
