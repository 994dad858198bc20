"""Writing what follows from the code: the chart's dashboards and alert rules, which it mounts as it finds them.

Besides, the reference of the dashboards.
"""

import json
from pathlib import Path

import yaml

from cryptostream_grafana.alerting.provisioning import contact_points_file, rules_file
from cryptostream_grafana.alerting.rules import RULES
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
    files[CHART_FILES / "alerting" / "rules.yaml"] = _yaml(rules_file(RULES, boards()))
    files[CHART_FILES / "alerting" / "contact-points.yaml"] = _yaml(contact_points_file())
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


def _yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_BlockDumper, sort_keys=False, allow_unicode=True, width=120)


class _BlockDumper(yaml.SafeDumper):
    """Texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_BlockDumper.add_representer(str, _text)
