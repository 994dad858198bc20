"""values.schema.json, assembled of one file for each top key, closed, with the descriptions of values.yaml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptostream_chart.errors import ChartError
from cryptostream_chart.stream_schema import as_draft_7
from cryptostream_chart.values import Group, Value
from cryptostream_operator.api.schema import spec_schema

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
_DEFINITIONS = "_definitions.json"
_REFERENCE = "#/definitions/"
# Helm hands the globals of a parent chart to every chart.
_GLOBAL: Schema = {"type": "object", "description": "values of a chart that this one is part of; not used"}
# A parent chart's condition for having this one at all.
_ENABLED: Schema = {"type": "boolean", "description": "whether a chart that this one is part of installs it; not used"}


def assembled(values: Group, folder: Path) -> Schema:
    """The schema of all values. Raises ChartError where it is open, or says something else than values.yaml."""
    definitions: Mapping[str, Schema] = {**_read(folder / _DEFINITIONS), "cryptoStreamSpec": as_draft_7(spec_schema())}
    properties: dict[str, Schema] = {}
    for child in values.children:
        file = folder / f"{child.path[0]}.json"
        schema = _read(file)
        _refuse_open_objects(schema, file.name)
        properties[child.path[0]] = _described(child, schema, definitions, file.name)
    for name, schema in definitions.items():
        _refuse_open_objects(schema, f"{_DEFINITIONS}: {name}")
    superfluous = {file.stem for file in folder.glob("[!_]*.json")} - set(properties)
    if superfluous:
        raise ChartError(f"schema/{sorted(superfluous)[0]}.json describes nothing that values.yaml holds")
    return {
        "$schema": DRAFT,
        "title": "Values of the chart cryptostream",
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, "enabled": _ENABLED, "global": _GLOBAL},
        "definitions": dict(definitions),
    }


def as_json(schema: Schema) -> str:
    """The schema as it is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _read(file: Path) -> Schema:
    if not file.is_file():
        raise ChartError(f"{file} is missing: every top key of values.yaml has a schema of its own")
    try:
        content: Schema = json.loads(file.read_text())
    except json.JSONDecodeError as error:
        raise ChartError(f"{file}: {error}") from None
    return content


def _described(entry: Value | Group, schema: Schema, definitions: Mapping[str, Schema], file: str) -> Schema:
    described = {**schema}
    if entry.description and "description" not in schema:
        # Draft 7 does not look at what stands beside a reference.
        described = {"allOf": [schema]} if "$ref" in schema else described
        described = {"description": entry.description, **described}
    if isinstance(entry, Value):
        return described
    resolved = _resolved(schema, definitions, file)
    known = resolved.get("properties", {})
    documented = {child.path[-1]: child for child in entry.children}
    for name in [*(set(documented) - set(known)), *(set(known) - set(documented))]:
        where = "schema/" + file if name in documented else "values.yaml"
        raise ChartError(f"{'.'.join((*entry.path, name))} is missing from {where}")
    if "$ref" in schema:
        return described
    return {
        **described,
        "properties": {name: _described(documented[name], known[name], definitions, file) for name in documented},
    }


def _resolved(schema: Schema, definitions: Mapping[str, Schema], file: str) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    name = str(reference).removeprefix(_REFERENCE)
    if name not in definitions:
        raise ChartError(f"schema/{file} refers to {reference}, which {_DEFINITIONS} does not hold")
    return definitions[name]


def _refuse_open_objects(schema: Any, place: str) -> None:
    """An object names its keys and refuses others, unless it says what the values of any key are."""
    if isinstance(schema, list):
        for item in schema:
            _refuse_open_objects(item, place)
    if not isinstance(schema, dict):
        return
    if "properties" in schema and schema.get("type") == "object" and "additionalProperties" not in schema:
        raise ChartError(f"schema/{place}: an object with {', '.join(schema['properties'])} is not closed")
    for key, item in schema.items():
        _refuse_open_objects(item, place if key == "properties" else f"{place}: {key}")
