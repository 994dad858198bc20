"""The reference of the resource for docs/custom-resource.md.

``python -m cryptostream_operator.api.reference`` prints it, ``--write FILE`` puts it between the file's markers,
``--check FILE`` compares.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter

from cryptostream_operator.api.base import (
    Cpu,
    Duration,
    Image,
    LabelName,
    Memory,
    ObjectName,
    Retention,
    SecretKey,
    SparkMemory,
)
from cryptostream_operator.api.diff import DIFF_CLASS, MEANING
from cryptostream_operator.api.rules import RESOURCE_RULES, SPEC_RULES
from cryptostream_operator.api.schema import Schema, spec_schema, status_schema
from cryptostream_operator.api.spec import Symbol

BEGIN = "<!-- generated: cryptostream_operator.api.reference -->"
END = "<!-- end of the generated part -->"
_COMMAND = "python -m cryptostream_operator.api.reference"
_CONDITIONS = "cryptostream_operator.conditions"


# What a pattern means, where the description does not say it better.
_FORMATS: Mapping[str, str] = {
    TypeAdapter(annotated).json_schema()["pattern"]: words
    for annotated, words in (
        (Duration, "a length of time: `250ms`, `10s`, `2m`, `1h`"),
        (Retention, "`90m`, `12h`, `7d` or `all`"),
        (Cpu, "cores: `500m`, `1`, `1.5`"),
        (Memory, "bytes with a unit: `512Mi`, `2Gi`"),
        (SparkMemory, "as Spark writes it: `900m`, `2g`"),
        (ObjectName, "the name of an object"),
        (LabelName, "the name of an object"),
        (SecretKey, "a key of a Secret"),
        (Image, "an image reference"),
        (Symbol, "symbols of the exchange"),
    )
}


class Reason(Protocol):
    """Why a condition is as it is: what that means, and what to do about it."""

    @property
    def meaning(self) -> str: ...

    @property
    def remedy(self) -> str: ...


def reference() -> str:
    """The generated part: fields, rules, changes, status, conditions."""
    parts = [_fields(), _rules(), _changes(), _status(), _conditions(known_reasons())]
    return "\n".join(part for part in parts if part)


def known_reasons() -> Mapping[str, Mapping[str, Reason]]:
    """Condition type -> reason -> what it means: ``REASONS`` of the conditions' module; empty where there is none."""
    # The API layer stands below the conditions: only this command looks up, and does without.
    try:
        module = importlib.import_module(_CONDITIONS)
    except ModuleNotFoundError as error:
        if error.name != _CONDITIONS:
            raise
        return {}
    reasons: Mapping[str, Mapping[str, Reason]] = getattr(module, "REASONS", {})
    return reasons


def placed(text: str) -> str:
    """A document with the reference between its markers. Raises ValueError when they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no part between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{reference()}{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, write or check the reference: 1 when a file has another one."""
    parser = argparse.ArgumentParser(description="print the reference of the CryptoStream resource")
    parser.add_argument("--write", metavar="FILE", type=Path, help="put it between the markers of FILE")
    parser.add_argument("--check", metavar="FILE", type=Path, help="exit with 1 when FILE has another one")
    chosen = parser.parse_args(arguments)
    if chosen.write is not None:
        chosen.write.write_text(placed(chosen.write.read_text()))
    elif chosen.check is not None:
        text = chosen.check.read_text()
        if text != placed(text):
            sys.stderr.write(f"{chosen.check} is out of date, run: {_COMMAND} --write {chosen.check}\n")
            return 1
    else:
        sys.stdout.write(reference())
    return 0


def _fields() -> str:
    schema = spec_schema()
    lines = ["## Fields", ""]
    for title, path, part in _sections(schema, "spec"):
        lines += [f"### `{title}`", "", part["description"], ""]
        lines += ["| field | type | default | allowed | change | meaning |", "|---|---|---|---|---|---|"]
        lines += [_field(name, child, f"{path}{name}", part) for name, child in _leaves(part)]
        lines.append("")
    return "\n".join(lines)


def _sections(schema: Schema, title: str, path: str = "") -> Iterator[tuple[str, str, Schema]]:
    if any(True for _ in _leaves(schema)):
        yield title, path, schema
    for name, child in schema["properties"].items():
        if child["type"] == "object":
            yield from _sections(child, f"{title}.{name}", f"{path}{name}.")


def _leaves(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for name, child in schema["properties"].items():
        if child["type"] != "object":
            yield name, child


def _field(name: str, schema: Schema, path: str, parent: Schema) -> str:
    if "default" in schema:
        default = f"`{json.dumps(schema['default']).strip(chr(34))}`"
    else:
        default = "required" if name in parent.get("required", []) else ""
    cells = [f"`{name}`", _type(schema), default, _allowed(schema), DIFF_CLASS[path], schema["description"]]
    return _row(cells)


def _type(schema: Schema) -> str:
    return f"list of {_type(schema['items'])}s" if schema["type"] == "array" else str(schema["type"])


def _allowed(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"{schema['minItems']} to {schema['maxItems']} {_allowed(schema['items'])}"
    if "minimum" in schema:
        least = f"above {schema['minimum']}" if schema.get("exclusiveMinimum") else f"{schema['minimum']}"
        if "maximum" not in schema:
            return f"from {least}" if least[0].isdigit() else least
        return f"{least} to {schema['maximum']}" if least[0].isdigit() else f"{least}, at most {schema['maximum']}"
    return _FORMATS.get(schema["pattern"], "") if "pattern" in schema else ""


def _values(schema: Schema) -> str:
    return _allowed(schema) if "enum" in schema else ""


def _rules() -> str:
    lines = ["## What is checked together", ""]
    lines += ["The API server refuses what breaks one of these and answers with this text.", ""]
    lines += ["| where | rule |", "|---|---|"]
    lines += [_row([f"`{_place(rule.field or 'metadata.name')}`", rule.message]) for rule in RESOURCE_RULES]
    for path, rules in SPEC_RULES.items():
        lines += [_row([f"`{_place('spec', path, rule.field)}`", rule.message]) for rule in rules]
    return "\n".join([*lines, ""])


def _place(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


def _changes() -> str:
    lines = ["## What a change needs", "", "| change | what happens |", "|---|---|"]
    lines += [_row([name, meaning]) for name, meaning in MEANING.items()]
    return "\n".join([*lines, ""])


def _status() -> str:
    lines = ["## Status", ""]
    for title, _, part in _sections(status_schema(), "status"):
        lines += [f"### `{title}`", "", part["description"], ""]
        lines += ["| field | type | values | meaning |", "|---|---|---|---|"]
        lines += [
            _row([f"`{name}`", _type(child), _values(child), child["description"]]) for name, child in _leaves(part)
        ]
        lines.append("")
    return "\n".join(lines)


def _conditions(reasons: Mapping[str, Mapping[str, Reason]]) -> str:
    if not reasons:
        return ""
    # One row a reason: it is looked up by its name, and means the same in most conditions that have it.
    conditions: dict[tuple[str, str, str], list[str]] = {}
    for kind, known in reasons.items():
        for name, reason in known.items():
            conditions.setdefault((name, reason.meaning, reason.remedy), []).append(kind)
    lines = ["## Conditions and their reasons", ""]
    lines += ["| reason | of | what it means | what to do |", "|---|---|---|---|"]
    lines += [
        _row([f"`{name}`", ", ".join(kinds), meaning, remedy]) for (name, meaning, remedy), kinds in conditions.items()
    ]
    return "\n".join([*lines, ""])


def _row(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
