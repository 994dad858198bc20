"""Helm 3 and Helm 4 take the chart alike."""

import subprocess
from pathlib import Path

import pytest

from harness.helm_chart import CHART, KINDS, helm, helm_4, helm_environment, render

CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
EVERY_KIND = (*KINDS, "cert-manager.io/v1/Certificate")


@pytest.fixture(params=["helm", "helm 4"])
def program(request: pytest.FixtureRequest) -> str:
    return helm() if request.param == "helm" else helm_4()


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda file: file.name.removesuffix("-values.yaml"))
def test_lint_has_nothing_to_say(program: str, values: Path) -> None:
    command = [program, "lint", "--strict", "--kube-version=1.34.0", str(CHART), f"--values={values}"]
    command.append("--set=requireKinds=false")
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=helm_environment())
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "[WARNING]" not in finished.stdout
    assert "[ERROR]" not in finished.stdout


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda file: file.name.removesuffix("-values.yaml"))
def test_both_render_the_same_objects(values: Path) -> None:
    by_helm = render(None, values, kinds=EVERY_KIND)
    by_helm_4 = render(None, values, kinds=EVERY_KIND, program=helm_4())
    assert len(by_helm.objects) > 10
    shape = [(found["kind"], found["metadata"]["name"], sorted(found.get("spec", {}))) for found in by_helm.objects]
    assert shape == [
        (found["kind"], found["metadata"]["name"], sorted(found.get("spec", {}))) for found in by_helm_4.objects
    ]


def test_what_is_packed_is_what_is_needed(tmp_path: Path, program: str) -> None:
    subprocess.run([program, "package", str(CHART), "--destination", str(tmp_path)], check=True, capture_output=True)
    (package,) = tmp_path.glob("cryptostream-*.tgz")
    names = subprocess.run(["tar", "tzf", str(package)], check=True, capture_output=True, text=True).stdout.split()
    folders = {name.split("/")[1] for name in names if name.count("/") > 1}
    assert folders == {"examples", "files", "templates"}
    # The release's Secret holds the chart, and Kubernetes takes 1 MiB.
    assert package.stat().st_size < 400_000
