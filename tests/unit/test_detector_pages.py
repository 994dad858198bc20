"""Every detector has a page, a picture and an example, and they say what the code does."""

import importlib
import re
from pathlib import Path

import pytest
from pydantic.alias_generators import to_camel

from cryptostream_evaluation.run import GEOMETRY
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings, EvidenceSettings, RobustSettings

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = DOCS / "detectors"
OVERVIEW = (PAGES / "README.md").read_text()
SETTINGS = dict(DetectorSettings())
DETECTORS = {detector.name: detector for detector in build_detectors(DetectorSettings(), GEOMETRY, "docs/detectors")}
LARGEST_PICTURE = 60_000
"""Bytes."""


def page(name: str) -> str:
    return (PAGES / f"{name.replace('_', '-')}.md").read_text()


def written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else f"{default:g}"


def described(text: str) -> dict[str, str]:
    """Defaults by key, of the rows of a page's tables that begin with a key and its default."""
    return dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", text, flags=re.MULTILINE))


def test_every_detector_has_a_page_and_every_page_a_detector() -> None:
    pages = {path.stem.replace("-", "_") for path in PAGES.glob("*.md")} - {"README"}
    assert pages == set(DETECTORS) == set(SETTINGS)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_page_has_every_setting_with_its_default(name: str) -> None:
    settings: RobustSettings | EvidenceSettings = SETTINGS[name]
    assert described(page(name)) == {to_camel(key): written(default) for key, default in settings}
    assert f"`spec.detectors.{to_camel(name)}`" in page(name)


@pytest.mark.parametrize("name", DETECTORS)
def test_the_overview_names_it_with_what_it_folds_and_its_threshold(name: str) -> None:
    (row,) = [line for line in OVERVIEW.splitlines() if line.startswith(f"| [`{name}`]({name.replace('_', '-')}.md)")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == DETECTORS[name].folds
    assert cells[3:] == [f"{SETTINGS[name].threshold:g}", f"`{to_camel(name)}`"]


@pytest.mark.parametrize("kind", [RobustSettings, EvidenceSettings])
def test_the_overview_has_the_defaults_that_all_of_a_kind_share(kind: type[RobustSettings | EvidenceSettings]) -> None:
    shared = {key: field.default for key, field in kind.model_fields.items() if not field.is_required()}
    assert {(to_camel(key), written(default)) for key, default in shared.items()} <= described(OVERVIEW).items()


@pytest.mark.parametrize("name", DETECTORS)
def test_a_picture_is_there_and_small(name: str) -> None:
    picture = f"images/detectors/{name.replace('_', '-')}.png"
    assert f"](../{picture})" in page(name)
    assert 0 < (DOCS / picture).stat().st_size < LARGEST_PICTURE


@pytest.mark.parametrize("name", DETECTORS)
def test_the_example_is_an_alert_of_the_default_threshold(name: str) -> None:
    (block,) = re.findall(r"```explain\n(.*?)```", page(name), flags=re.DOTALL)
    assert block.startswith(f"{name} ")
    assert block.count(f"times the threshold {SETTINGS[name].threshold:g}\n") == 1


@pytest.mark.parametrize("name", ["volume_surge", "trade_surge"])
def test_the_script_of_the_pictures_makes_the_same_example_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS / "images")
    script = importlib.import_module("detectors")
    told, scores = script.judged(DETECTORS[name], script.staged(name)[1])
    assert script.example(told.alert) in page(name)
    assert max(score.value for score in scores) == told.alert.score
