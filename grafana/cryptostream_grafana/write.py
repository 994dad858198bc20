"""Writing what follows from the code: the chart's dashboards, which it mounts as it finds them, and their reference."""

import json
from pathlib import Path

from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.dashboards import boards
from cryptostream_grafana.reference import between_markers, reference

CHART_FILES = Path("charts/cryptostream/files")
DOCUMENT = Path("docs/dashboards.md")


def generated_files(repository: Path) -> dict[Path, str]:
    """What ``make generate`` writes, by its path in the repository.

    Raises FileNotFoundError without docs/dashboards.md, ValueError when that lacks its markers.
    """
    files = {CHART_FILES / "dashboards" / f"{board.uid}.json": _json(assemble(board)) for board in boards()}
    document = (repository / DOCUMENT).read_text(encoding="utf-8")
    return files | {DOCUMENT: between_markers(document, reference(boards()))}


def write(repository: Path) -> None:
    """Write every generated file below ``repository`` and remove dashboards that are no longer made."""
    files = generated_files(repository)
    for path in (repository / CHART_FILES / "dashboards").glob("*.json"):
        if path.relative_to(repository) not in files:
            path.unlink()
    for path, text in files.items():
        target = repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
