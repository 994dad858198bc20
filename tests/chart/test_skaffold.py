"""skaffold.yaml builds the four images, installs what the platform stands on, and hands the images to the chart."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.go_modules import go_module
from harness.helm_chart import REPOSITORY, Manifest, helm, render

SKAFFOLD = "github.com/GoogleContainerTools/skaffold/v2", "v2.16.1"
SPARK_OPERATOR = "github.com/kubeflow/spark-operator/v2"
PARTS = ("operator", "producer", "job", "simulator")


@pytest.fixture(scope="module")
def configuration() -> Manifest:
    read: Manifest = yaml.safe_load((REPOSITORY / "skaffold.yaml").read_text())
    return read


def releases(configuration: Manifest) -> dict[str, Manifest]:
    return {release["name"]: release for release in configuration["deploy"]["helm"]["releases"]}


def handed_over(release: Manifest, tags: Mapping[str, str]) -> dict[str, Any]:
    """The values that skaffold gives the chart for images of those tags."""
    values: dict[str, Any] = {}
    for key, template in release["setValueTemplates"].items():
        found = re.fullmatch(r"{{\.IMAGE_(REPO|TAG)_cryptostream_(\w+)}}", template)
        assert found, template
        part = found[2]
        *parents, last = key.split(".")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = f"somewhere/{part}" if found[1] == "REPO" else tags[part]
    return values


def test_it_is_valid(configuration: Manifest, tmp_path: Path) -> None:
    """Against the schema of skaffold itself; Helm, which checks values against schemas, is the judge."""
    schemas = go_module(*SKAFFOLD) / "docs-v2" / "content" / "en" / "schemas"
    version = configuration["apiVersion"].removeprefix("skaffold/")
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: judge, version: 0.0.1}")
    shutil.copyfile(schemas / f"{version}.json", tmp_path / "values.schema.json")

    def judged(wanted: Manifest) -> subprocess.CompletedProcess[str]:
        command = [helm(), "template", "judge", str(tmp_path), "--values=-"]
        return subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, check=False)

    valid = judged(configuration)
    assert valid.returncode == 0, valid.stderr
    wrong = judged({**configuration, "build": {**configuration["build"], "artefacts": []}})
    assert "artefacts" in wrong.stderr


def test_the_four_images_are_built_from_their_dockerfiles(configuration: Manifest) -> None:
    built = {one["image"]: one["docker"]["dockerfile"] for one in configuration["build"]["artifacts"]}
    assert built == {f"cryptostream/{part}": f"images/{part}/Dockerfile" for part in PARTS}
    assert all((REPOSITORY / dockerfile).is_file() for dockerfile in built.values())
    # The context is the repository: skaffold's default is the folder of skaffold.yaml.
    assert not any("context" in one for one in configuration["build"]["artifacts"])


def test_operators_are_releases_of_their_own_and_come_first(configuration: Manifest) -> None:
    found = configuration["deploy"]["helm"]["releases"]
    assert [release["name"] for release in found] == ["strimzi", "spark-operator", "cryptostream"]
    assert found[-1]["dependsOn"] == ["strimzi", "spark-operator"]
    assert all(release["wait"] and release["createNamespace"] for release in found)
    assert len({release["namespace"] for release in found}) == 3
    assert all((REPOSITORY / file).is_file() for release in found for file in release["valuesFiles"])


def test_it_installs_the_same_as_make_kind_up(configuration: Manifest) -> None:
    command = [sys.executable, "-m", "cryptostream_cluster", "up", "--dry-run"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "charts")}
    printed = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60).stdout
    installed = {line.split()[3]: line for line in printed.splitlines() if line.startswith("helm upgrade --install ")}
    for name, release in releases(configuration).items():
        assert f"--namespace {release['namespace']} " in installed[name]
        assert f"--version {release.get('version')} " in installed[name] or "chartPath" in release
        assert all(file in installed[name] for file in release["valuesFiles"])
        assert str(release.get("remoteChart") or release["chartPath"]) in installed[name]
        assert release.get("repo", "") in installed[name]


def test_the_chart_runs_the_images_that_were_built(configuration: Manifest) -> None:
    release = releases(configuration)["cryptostream"]
    files = [REPOSITORY / file for file in release["valuesFiles"]]
    values = handed_over(release, {part: f"tag-of-{part}" for part in PARTS})
    rendered = render({**values, "simulator": {"enabled": True}}, *files, namespace=release["namespace"])
    text = json.dumps(rendered.objects)
    for part in PARTS:
        assert f"somewhere/{part}:tag-of-{part}" in text
        assert f"cryptostream/{part}:" not in text


def test_what_is_forwarded_exists(configuration: Manifest) -> None:
    release = releases(configuration)["cryptostream"]
    rendered = render(namespace=release["namespace"], release=release["name"])
    for forwarded in configuration["portForward"]:
        assert forwarded["namespace"] == release["namespace"]
        service = rendered.one(forwarded["resourceType"].capitalize(), forwarded["resourceName"])
        assert forwarded["port"] in [
            one for port in service["spec"]["ports"] for one in (port.get("name"), port["port"])
        ]


def test_the_spark_operator_watches_every_namespace_without_a_webhook(configuration: Manifest) -> None:
    release = releases(configuration)["spark-operator"]
    chart = go_module(SPARK_OPERATOR, f"v{release['version']}") / "charts" / "spark-operator-chart"
    values = [f"--values={REPOSITORY / file}" for file in release["valuesFiles"]]
    command = [helm(), "template", release["name"], str(chart), *values]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [one for one in yaml.safe_load_all(finished.stdout) if one]
    (controller,) = [one for one in found if one["kind"] == "Deployment"]
    # As a list of one empty text, which stands for all namespaces.
    assert '--namespaces=""' in controller["spec"]["template"]["spec"]["containers"][0]["args"]
    assert not [one for one in found if one["kind"].endswith("WebhookConfiguration")]


def test_profiles_push_nothing(configuration: Manifest) -> None:
    profiles = {profile["name"]: profile for profile in configuration["profiles"]}
    assert set(profiles) == {"kind", "minikube"}
    for profile in profiles.values():
        assert profile["build"]["local"]["push"] is False
        assert profile["activation"]


def test_skaffold_reads_it(tmp_path: Path) -> None:
    """With skaffold on PATH: it takes the file, and every profile of it."""
    skaffold = shutil.which("skaffold")
    if skaffold is None:
        pytest.skip("needs skaffold on PATH")
    for profile in ("kind", "minikube"):
        command = [
            skaffold,
            "diagnose",
            "--yaml-only",
            f"--profile={profile}",
            f"--filename={REPOSITORY / 'skaffold.yaml'}",
        ]
        finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
        assert finished.returncode == 0, finished.stderr
        assert yaml.safe_load(finished.stdout)["deploy"]["helm"]["releases"][2]["name"] == "cryptostream"
