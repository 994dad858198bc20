"""The generated parts of the chart's README: tables of values and of network paths, between markers."""

import json
import re
from collections.abc import Sequence
from typing import Any

from cryptostream_chart.errors import ChartError
from cryptostream_chart.network import NetworkPath
from cryptostream_chart.values import Group, Value

_LONGEST_DEFAULT = 120


def with_generated_parts(text: str, values: Group, paths: Sequence[NetworkPath]) -> str:
    """The README with its parts written anew. Raises ChartError when it lacks a marker."""
    text = _replaced(text, "values", values_tables(values))
    return _replaced(text, "network paths", paths_table(paths))


def values_tables(values: Group) -> str:
    """One table for each group of the top level, after one for the values that stand there alone."""
    alone = [child for child in values.children if isinstance(child, Value)]
    parts = ["### General\n\n" + _table(alone)] if alone else []
    for child in values.children:
        if isinstance(child, Group):
            introduction = f"{child.description}\n\n" if child.description else ""
            parts.append(f"### {child.path[0]}\n\n{introduction}{_table(list(child.values()))}")
    return "\n\n".join(parts)


def paths_table(paths: Sequence[NetworkPath]) -> str:
    """One row for each path."""
    rows = [f"| {path.source} | {path.target} | {path.ports} | {path.reason} |" for path in paths]
    return "\n".join(["| from | to | ports | what for |", "|---|---|---|---|", *rows])


def _table(values: Sequence[Value]) -> str:
    rows = [f"| `{value.name}` | {_default(value.default)} | {_cell(value.description)} |" for value in values]
    return "\n".join(["| value | default | meaning |", "|---|---|---|", *rows])


def _default(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"`{_cell(text)}`" if len(text) <= _LONGEST_DEFAULT else "see `values.yaml`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _replaced(text: str, part: str, content: str) -> str:
    begin, end = f"<!-- generated: {part} -->", f"<!-- end of generated: {part} -->"
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ChartError(f"README.md of the chart lacks the markers {begin!r} and {end!r}")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text)
