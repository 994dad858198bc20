"""Findings as text for people and as JSON for programs."""

from typing import Any

import orjson

from cryptostream_model.streams import StreamName
from cryptostream_verify.findings import Difference, Findings

_WHAT = (
    "trades",
    "gaps",
    "missing ids",
    "tape compared",
    "panes compared",
    "windows compared",
    "gaps compared",
    "alerts compared",
)


def render_text(stream: StreamName, findings: Findings) -> str:
    """The report: what was checked per symbol, notes, and every kept difference under its kind with the total."""
    verdict = "verified" if findings.passed else f"{findings.totals.total()} differences"
    lines = [f"{stream}: {verdict}", "", *_table(findings)]
    if findings.notes:
        lines += ["", *(f"note: {note}" for note in findings.notes)]
    for kind, total in findings.totals.items():
        shown = [difference for difference in findings.differences if difference.kind == kind]
        lines += ["", f"{kind}: {total}", *(f"  {_line(difference)}" for difference in shown)]
        if total > len(shown):
            lines.append(f"  and {total - len(shown)} more")
    return "\n".join(lines)


def render_json(stream: StreamName, findings: Findings) -> str:
    """The same as one JSON object."""
    report: dict[str, Any] = {
        "stream": str(stream),
        "passed": findings.passed,
        "checked": findings.checked,
        "notes": findings.notes,
        "totals": findings.totals,
        "differences": findings.differences,
    }
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def _table(findings: Findings) -> list[str]:
    if not findings.checked:
        return ["the topic holds no readable record"]
    present = [what for what in _WHAT if any(what in counts for counts in findings.checked.values())]
    rows = [["symbol", *present]]
    rows += [[symbol, *(str(counts[what]) for what in present)] for symbol, counts in sorted(findings.checked.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _line(difference: Difference) -> str:
    column = f" {difference.column}" if difference.column else ""
    place = f"{difference.symbol} {difference.subject}{column}".strip()
    return f"{place}: expected {difference.expected}, found {difference.found}"
