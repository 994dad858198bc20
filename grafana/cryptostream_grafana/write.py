"""Writing the dashboards into the chart, which mounts what it finds there."""

import json
from pathlib import Path

from cryptostream_grafana.assemble import assemble
from cryptostream_grafana.dashboards import boards

CHART_FILES = Path("charts/cryptostream/files")


def generated_files() -> dict[Path, str]:
    """What ``make generate`` writes, by its path in the repository."""
    return {
        CHART_FILES / "dashboards" / f"{board.uid}.json": json.dumps(assemble(board), indent=2, ensure_ascii=False)
        + "\n"
        for board in boards()
    }


def write(repository: Path) -> None:
    """Write every generated file below ``repository`` and remove dashboards that are no longer made."""
    files = generated_files()
    for path in (repository / CHART_FILES / "dashboards").glob("*.json"):
        if path.relative_to(repository) not in files:
            path.unlink()
    for path, text in files.items():
        target = repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
