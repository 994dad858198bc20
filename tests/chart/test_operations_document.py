"""What docs/operations.md and the last words of `make kind-up` name exists: objects, values, reasons, files, links."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cryptostream_operator.api.reference import reference
from harness.helm_chart import CHART, REPOSITORY, Rendered, render

DOCUMENT = (REPOSITORY / "docs" / "operations.md").read_text()
STEPS = (REPOSITORY / "charts" / "cryptostream_cluster" / "steps.py").read_text()
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
NAMED = set(re.findall(r"`([a-z]\w+(?:\.\w+)+)(?:=[^`]*)?`", DOCUMENT))


@pytest.fixture(scope="module")
def release() -> Rendered:
    return render({"grafana": {"ingress": {"enabled": True, "host": "grafana.localhost"}}}, namespace="cryptostream")


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"(?:service|deployment|secret)[/ ](cryptostream-[\w-]+)", DOCUMENT)))
)
def test_objects(release: Rendered, name: str) -> None:
    assert name in {found["metadata"]["name"] for found in release.objects}


def test_the_pod_of_the_database_and_its_volume(release: Rendered) -> None:
    server = release.one("StatefulSet")
    assert f"{server['metadata']['name']}-0" in DOCUMENT
    (claim,) = server["spec"]["volumeClaimTemplates"]
    assert f"pvc {claim['metadata']['name']}-{server['metadata']['name']}-0" in DOCUMENT


def test_what_kind_up_says_at_its_end(release: Rendered) -> None:
    secret = release.one("Secret", "cryptostream-grafana")
    assert "admin-password" in secret["stringData"]
    assert "admin-password" in STEPS
    assert release.one("Service", "cryptostream-grafana")["spec"]["ports"][0]["port"] == 80
    assert "3000:80" in STEPS


@pytest.mark.parametrize("path", sorted(path for path in NAMED if path.partition(".")[0] in VALUES))
def test_values(path: str) -> None:
    place = VALUES
    for key in path.split("."):
        assert key in place, f"values.yaml has no {path}"
        place = place[key]


def test_reasons() -> None:
    troubles = DOCUMENT.partition("## Troubleshooting")[2]
    reasons = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)\b", troubles))
    known = reference()
    assert {reason for reason in reasons if f"`{reason}`" not in known} == set()
    assert {"NotWatched", "NotTakenUp", "SecretMissing", "DatabaseAway"} <= reasons


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", DOCUMENT))))
def test_links(link: str) -> None:
    assert (REPOSITORY / "docs" / link).resolve().exists()


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([\w-]+)\)", DOCUMENT))))
def test_places_in_the_document(anchor: str) -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in DOCUMENT.splitlines()
        if line.startswith("#")
    }
    assert anchor in headings


@pytest.mark.parametrize("file", sorted(set(re.findall(r"(charts/[\w./-]+\.yaml)", DOCUMENT))))
def test_files(file: str) -> None:
    assert Path(REPOSITORY / file).is_file()
