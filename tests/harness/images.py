"""Images for the test cluster, built from the project's Dockerfiles and loaded into it."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cryptostream_local.jars import jars
from harness.kubernetes import Kubectl, current_context

_REPOSITORY = Path(__file__).resolve().parents[2]
_BUILD = _REPOSITORY / "images" / "build"
_SERVICES = _REPOSITORY / "tests" / "e2e" / "images" / "services"
_STAND_IN = _REPOSITORY / "tests" / "e2e" / "images" / "stand_in"
_RELEASE = _REPOSITORY / "tests" / "e2e" / "images" / "release"
# The script that makes the test cluster without Docker, beside the repository as the CRDs are.
_TEST_CLUSTER = _REPOSITORY.parent / "shared" / "cluster" / "cluster"
_TAG = "test"
_LONGEST_BUILD = 1800
_LIST_NAMESPACE, _LIST = "kube-public", "cryptostream-test-images"


@dataclass(frozen=True)
class Images:
    """Names of the images as manifests write them."""

    operator: str = f"cryptostream/operator:{_TAG}"
    producer: str = f"cryptostream/producer:{_TAG}"
    job: str = f"cryptostream/job:{_TAG}"
    simulator: str = f"cryptostream/simulator:{_TAG}"
    services: str = f"cryptostream-tests/services:{_TAG}"

    def values(self) -> dict[str, Any]:
        """The chart's values that choose them."""
        parts = {"operator": self.operator, "producer": self.producer, "job": self.job, "simulator": self.simulator}
        names = {part: image.rpartition(":") for part, image in parts.items()}
        return {part: {"repository": repository, "tag": tag} for part, (repository, _, tag) in names.items()}


def build_and_load() -> Images:
    """Build all images and load those into the cluster of KUBECONFIG that are not there as they are now.

    CRYPTOSTREAM_TEST_IMAGES=loaded says that this has been done.
    """
    images = Images()
    if os.environ.get("CRYPTOSTREAM_TEST_IMAGES") == "loaded":
        return images
    loader = load_command()
    _run([str(_BUILD), "--tag", _TAG])
    with tempfile.TemporaryDirectory() as folder:
        _fill_services_context(Path(folder))
        file = ["--file", f"{folder}/Dockerfile", "--build-arg", f"JOB_IMAGE={images.job}"]
        _run([*_builder(), *file, "--tag", images.services, folder])
    _load(loader, astuple(images))
    build_and_load_stand_in()
    return images


def load_as(images: Images, tag: str) -> Images:
    """Load the product's images under another tag as well, as a new version of theirs would come."""
    named = {part: f"{image['repository']}:{tag}" for part, image in images.values().items()}
    for part, image in named.items():
        _run([_builder()[0], "tag", getattr(images, part), image])
    _load(load_command(), list(named.values()))
    return replace(images, **named)


def build_and_load_stand_in() -> str:
    """An image that stands in for the producer's, in a cluster where only its pod matters. Returns its name."""
    image = f"cryptostream-tests/stand-in:{_TAG}"
    if os.environ.get("CRYPTOSTREAM_TEST_IMAGES") != "loaded":
        loader = load_command()
        _run([*_builder(), "--file", f"{_STAND_IN}/Dockerfile", "--tag", image, str(_STAND_IN)])
        _load(loader, [image])
    return image


def build_and_load_release_stand_in(images: Images) -> str:
    """An image in place of those of TimescaleDB and Grafana, which cannot be had everywhere. Returns its name."""
    image = f"cryptostream-tests/release:{_TAG}"
    if os.environ.get("CRYPTOSTREAM_TEST_IMAGES") != "loaded":
        loader = load_command()
        argument = f"SERVICES_IMAGE={images.services}"
        _run([*_builder(), "--file", f"{_RELEASE}/Dockerfile", "--build-arg", argument, "--tag", image, str(_RELEASE)])
        _load(loader, [image])
    return image


def configuration(image: str) -> dict[str, Any]:
    """The image's configuration as Docker has it: User, Labels, Entrypoint, ..."""
    config: dict[str, Any] = _inspected(image)[0]
    return config


def load_command() -> Sequence[str]:
    """The command that loads an image, whose name is added, into the cluster of KUBECONFIG."""
    context = current_context(os.environ.get("KUBECONFIG", ""))
    if context.startswith("kind-"):
        return ["kind", "load", "docker-image", "--name", context.removeprefix("kind-")]
    if context == "minikube":
        return ["minikube", "image", "load"]
    if not _TEST_CLUSTER.exists():
        pytest.skip(f"do not know how to load images into {context!r}: {_TEST_CLUSTER} is absent")
    return [str(_TEST_CLUSTER), "load"]


def _builder() -> Sequence[str]:
    """The tool that images/build has chosen, with what a build with it begins with."""
    name = subprocess.run([str(_BUILD), "--which"], capture_output=True, text=True, check=True).stdout.strip()
    return ["buildah", "build", "--layers", "--format", "docker"] if name == "buildah" else [name, "build"]


def _load(loader: Sequence[str], images: Sequence[str]) -> None:
    loaded = _loaded()
    for image in images:
        found = _fingerprint(image)
        if loaded.get(image) != found:
            _run([*loader, image])
            loaded[image] = found
            _remember(loaded)


def _inspected(image: str) -> tuple[dict[str, Any], list[str]]:
    """Configuration and layers of an image, as Docker has them."""
    builder = _builder()[0]
    found = json.loads(_run([builder, "inspect", "--type", "image", image]))
    if builder == "buildah":
        return found["Docker"]["config"], found["Docker"]["rootfs"]["diff_ids"]
    return found[0]["Config"], found[0]["RootFS"]["Layers"]


def _fingerprint(image: str) -> str:
    """What two images have in common that run alike: labels such as the revision do not count."""
    config, layers = _inspected(image)
    facts = [{key: value for key, value in config.items() if key != "Labels"}, layers]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _loaded() -> dict[str, str]:
    """Fingerprints of the images in the cluster, which keeps the list itself: it goes with the cluster."""
    listed = Kubectl(_LIST_NAMESPACE)("get", "configmap", _LIST, "--ignore-not-found", "--output=json")
    return json.loads(json.loads(listed)["data"]["images"]) if listed else {}


def _remember(loaded: dict[str, str]) -> None:
    metadata = {"name": _LIST}
    Kubectl(_LIST_NAMESPACE).apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"images": json.dumps(loaded)}}
    )


def _fill_services_context(folder: Path) -> None:
    for name in ("Dockerfile", "pg_hba.conf", "serve.py", "users.py"):
        shutil.copy(_SERVICES / name, folder)
    for name in ("python.txt", "uv.txt"):
        shutil.copy(_REPOSITORY / "locks" / name, folder)
    (folder / "jars").mkdir()
    for jar in jars("broker"):
        shutil.copy(jar, folder / "jars")


def _run(command: Sequence[str]) -> str:
    environment = {"BUILDAH_ISOLATION": "chroot", **os.environ}
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=_LONGEST_BUILD, check=False, env=environment
    )
    if finished.returncode != 0:
        raise AssertionError(f"{' '.join(command)}:\n{finished.stdout[-2000:]}\n{finished.stderr[-4000:]}")
    return finished.stdout
