"""Schema, README and rights follow from values.yaml, schema/ and the operator; what does not fit is named."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.helm_chart import CHART, REPOSITORY


def generator(chart: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What ``make generate`` runs, on a chart of the test's."""
    command = [sys.executable, "-m", "cryptostream_chart", "--chart", str(chart), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "charts")}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The chart's sources, to be spoilt."""
    return Path(shutil.copytree(CHART, tmp_path / "chart"))


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_committed_files_are_the_generated_ones() -> None:
    finished = generator(CHART, "--check")
    assert finished.returncode == 0, finished.stderr


def test_a_file_that_drifted_is_named_and_mended(copied: Path) -> None:
    spoil(copied / "values.yaml", "# -- Further labels of every object;", "# -- Further labels of each object;")
    finished = generator(copied, "--check")
    assert finished.returncode == 1
    assert "values.schema.json is out of date, run: make generate" in finished.stderr
    assert "README.md is out of date" in finished.stderr
    assert generator(copied).returncode == 0
    assert generator(copied, "--check").returncode == 0
    assert "| `commonLabels` | `{}` | Further labels of each object;" in (copied / "README.md").read_text()


def test_a_value_without_explanation_is_refused(copied: Path) -> None:
    spoil(
        copied / "values.yaml",
        "# -- Further labels of every object; those that the chart sets itself are refused.\n",
        "",
    )
    assert "commonLabels has no '# --' comment" in generator(copied).stderr


def test_a_value_without_schema_is_refused(copied: Path) -> None:
    spoil(copied / "values.yaml", "crds:\n", "crds:\n  # -- Of no use.\n  remove: true\n")
    assert "crds.remove is missing from schema/crds.json" in generator(copied).stderr


def test_a_schema_without_value_is_refused(copied: Path) -> None:
    (copied / "schema" / "colour.json").write_text('{"type": "string"}')
    assert "schema/colour.json describes nothing" in generator(copied).stderr


def test_an_open_schema_is_refused(copied: Path) -> None:
    schema = copied / "schema" / "crds.json"
    content = json.loads(schema.read_text())
    del content["additionalProperties"]
    schema.write_text(json.dumps(content))
    assert "crds.json: an object with install, keep is not closed" in generator(copied).stderr
