"""The chart holds the dashboards that the code makes."""

from pathlib import Path

from cryptostream_grafana.write import CHART_FILES, generated_files, write

_REPOSITORY = Path(__file__).resolve().parents[2]


def test_files_of_the_chart_are_those_that_make_generate_writes() -> None:
    for path, text in generated_files().items():
        assert (_REPOSITORY / path).read_text(encoding="utf-8") == text, f"{path} is stale: run `make generate`"


def test_the_chart_holds_no_dashboard_that_is_not_made() -> None:
    held = {path.relative_to(_REPOSITORY) for path in (_REPOSITORY / CHART_FILES / "dashboards").iterdir()}
    assert held == {path for path in generated_files() if path.parent == CHART_FILES / "dashboards"}


def test_a_dashboard_that_is_no_longer_made_is_removed(tmp_path: Path) -> None:
    stale = tmp_path / CHART_FILES / "dashboards" / "stale.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")

    write(tmp_path)

    assert not stale.exists()
    assert all((tmp_path / path).is_file() for path in generated_files())
