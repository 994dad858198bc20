"""The chart holds the dashboards that the code makes."""

from pathlib import Path

import pytest
import yaml

from cryptostream_grafana.reference import BEGIN, END
from cryptostream_grafana.version import GRAFANA
from cryptostream_grafana.write import CHART_FILES, DOCUMENT, generated_files, write

_REPOSITORY = Path(__file__).resolve().parents[2]


def test_files_of_the_chart_are_those_that_make_generate_writes() -> None:
    for path, text in generated_files(_REPOSITORY).items():
        assert (_REPOSITORY / path).read_text(encoding="utf-8") == text, f"{path} is stale: run `make generate`"


def test_the_chart_holds_no_dashboard_that_is_not_made() -> None:
    held = {path.relative_to(_REPOSITORY) for path in (_REPOSITORY / CHART_FILES / "dashboards").iterdir()}
    assert held == {path for path in generated_files(_REPOSITORY) if path.parent == CHART_FILES / "dashboards"}


def test_a_dashboard_that_is_no_longer_made_is_removed(tmp_path: Path) -> None:
    stale = tmp_path / CHART_FILES / "dashboards" / "stale.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    (tmp_path / DOCUMENT).parent.mkdir()
    (tmp_path / DOCUMENT).write_text(f"Before\n{BEGIN}\nold\n{END}\nafter\n")

    write(tmp_path)

    assert not stale.exists()
    text = (tmp_path / DOCUMENT).read_text()
    assert text.startswith(f"Before\n{BEGIN}\n\n## Market")
    assert text.endswith(f"{END}\nafter\n")


def test_a_document_without_markers_is_refused(tmp_path: Path) -> None:
    (tmp_path / DOCUMENT).parent.mkdir()
    (tmp_path / DOCUMENT).write_text("No markers\n")
    with pytest.raises(ValueError, match="lacks the markers"):
        write(tmp_path)


def test_the_chart_installs_the_grafana_that_dashboards_are_written_for() -> None:
    values = yaml.safe_load((_REPOSITORY / "charts/cryptostream/values.yaml").read_text(encoding="utf-8"))
    assert values["grafana"]["image"]["tag"] == GRAFANA
