"""Images for the test cluster, built from the project's Dockerfiles and loaded into it."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cryptostream_local.jars import jars
from harness.kubernetes import current_context

_REPOSITORY = Path(__file__).resolve().parents[2]
_BUILD = _REPOSITORY / "images" / "build"
_SERVICES = _REPOSITORY / "tests" / "e2e" / "images" / "services"
# The script that makes the test cluster without Docker, beside the repository as the CRDs are.
_TEST_CLUSTER = _REPOSITORY.parent / "shared" / "cluster" / "cluster"
_TAG = "test"
_LONGEST_BUILD = 1800


@dataclass(frozen=True)
class Images:
    """Names of the images as manifests write them."""

    operator: str = f"cryptostream/operator:{_TAG}"
    producer: str = f"cryptostream/producer:{_TAG}"
    job: str = f"cryptostream/job:{_TAG}"
    simulator: str = f"cryptostream/simulator:{_TAG}"
    services: str = f"cryptostream-tests/services:{_TAG}"


def build_and_load() -> Images:
    """Build all images and load them into the cluster of KUBECONFIG. Unchanged layers are not built again.

    CRYPTOSTREAM_TEST_IMAGES=loaded says that this has been done.
    """
    images = Images()
    if os.environ.get("CRYPTOSTREAM_TEST_IMAGES") == "loaded":
        return images
    loader = load_command()
    _run([str(_BUILD), "--tag", _TAG, "--load", " ".join(loader)])
    with tempfile.TemporaryDirectory() as folder:
        _fill_services_context(Path(folder))
        file = ["--file", f"{folder}/Dockerfile", "--build-arg", f"JOB_IMAGE={images.job}"]
        _run([*_builder(), *file, "--tag", images.services, folder])
    _run([*loader, images.services])
    return images


def configuration(image: str) -> dict[str, Any]:
    """The image's configuration as Docker has it: User, Labels, Entrypoint, ..."""
    builder = _builder()[0]
    inspect = [builder, "inspect", "--type", "image", image]
    found = json.loads(_run(inspect))
    config: dict[str, Any] = found["Docker"]["config"] if builder == "buildah" else found[0]["Config"]
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


def _fill_services_context(folder: Path) -> None:
    for name in ("Dockerfile", "pg_hba.conf", "serve.py"):
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
