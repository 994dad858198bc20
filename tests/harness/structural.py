"""A CRD's structural schema in the tests: what it refuses, and random values that it accepts."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every node of a schema below the root, with its path."""
    for name, child in schema.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        yield below, child
        yield from nodes(child, below)
    if "items" in schema:
        yield f"{path}[]", schema["items"]
        yield from nodes(schema["items"], f"{path}[]")


def with_defaults(schema: Schema, value: Any) -> Any:
    """The value with the schema's defaults, as the API server fills them in: from the outside to the inside."""
    if schema["type"] != "object":
        return value
    filled = dict(value)
    for name, child in schema["properties"].items():
        if name not in filled and "default" in child:
            filled[name] = child["default"]
        if name in filled:
            filled[name] = with_defaults(child, filled[name])
    return filled


def violations(schema: Schema, value: Any, path: str = "") -> list[str]:
    """What types and ranges of a schema refuse of a value; rules are left to the API server."""
    types: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    expected = types.get(schema["type"], (int, float))
    if not isinstance(value, expected) or (isinstance(value, bool) and schema["type"] != "boolean"):
        return [f"{path}: {value!r} is no {schema['type']}"]
    if schema["type"] == "object":
        return _of_object(schema, value, path)
    if schema["type"] == "array":
        wrong = _outside(len(value), schema, "minItems", "maxItems", path)
        return wrong + [line for item in value for line in violations(schema["items"], item, f"{path}[]")]
    wrong = [] if value in schema.get("enum", [value]) else [f"{path}: {value!r} is not in {schema['enum']}"]
    if schema["type"] == "string":
        if not re.search(schema.get("pattern", "").replace("$", r"\Z"), value):
            wrong.append(f"{path}: {value!r} does not match {schema['pattern']}")
        return wrong + _outside(len(value), schema, "minLength", "maxLength", path)
    if schema["type"] in ("integer", "number"):
        if schema.get("exclusiveMinimum") and value == schema["minimum"]:
            wrong.append(f"{path}: {value!r} must be above {schema['minimum']}")
        return wrong + _outside(value, schema, "minimum", "maximum", path)
    return wrong


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that types and ranges of a schema accept."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            required = schema.get("required", [])
            children = {name: values(child) for name, child in schema["properties"].items()}
            return st.fixed_dictionaries(
                {name: children[name] for name in required},
                optional={name: child for name, child in children.items() if name not in required},
            )
        case "array":
            keys = schema.get("x-kubernetes-list-map-keys", [])
            return st.lists(
                values(schema["items"]),
                min_size=schema.get("minItems", 0),
                max_size=5,
                unique_by=lambda item: tuple(item[key] for key in keys) if keys else item,
            )
        case "string":
            shortest, longest = schema.get("minLength", 0), schema["maxLength"]
            if "pattern" not in schema:
                return st.text(st.characters(codec="utf-8"), min_size=shortest, max_size=min(longest, 20))
            texts = st.from_regex(re.compile(schema["pattern"].replace("$", r"\Z"), re.ASCII))
            return texts.filter(lambda text: shortest <= len(text) <= longest)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum", 2**53))
        case _:
            return st.floats(
                schema.get("minimum"), schema.get("maximum", 1e9), exclude_min=schema.get("exclusiveMinimum", False)
            )


def _of_object(schema: Schema, value: dict[str, Any], path: str) -> list[str]:
    known = schema["properties"]
    wrong = [f"{path}.{name}: missing" for name in schema.get("required", []) if name not in value]
    for name, child in value.items():
        below = f"{path}.{name}"
        wrong += violations(known[name], child, below) if name in known else [f"{below}: unknown"]
    return wrong


def _outside(size: float, schema: Schema, least: str, most: str, path: str) -> list[str]:
    if schema.get(least, size) <= size <= schema.get(most, size):
        return []
    return [f"{path}: {size} is not between {schema.get(least)} and {schema.get(most)}"]
