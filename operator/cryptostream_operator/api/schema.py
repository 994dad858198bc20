"""Structural schemas for the API server from the typed models: what pydantic describes, in the words of OpenAPI 3.0."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from cryptostream_operator.api.rules import SPEC_RULES, Rule
from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.api.status import PENDING, CryptoStreamStatus

Schema = dict[str, Any]

_KEPT = ("type", "format", "enum", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum")
_LISTS: Mapping[str, Mapping[str, Any]] = {
    "spec.symbols": {"x-kubernetes-list-type": "set"},
    "status.conditions": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
}


def spec_schema() -> Schema:
    """The schema of ``spec``, with defaults and rules."""
    return _structural(CryptoStreamSpec, "spec", defaults=True)


def status_schema() -> Schema:
    """The schema of ``status``, with the status of a stream that no operator has seen."""
    schema = _structural(CryptoStreamStatus, "status", defaults=False)
    schema["default"] = PENDING.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=False)
    return schema


def validations(rules: Sequence[Rule]) -> list[Schema]:
    """Rules as ``x-kubernetes-validations``."""
    return [_validation(rule) for rule in rules]


def sentence(text: str) -> str:
    """A description as a sentence, the way ``kubectl explain`` shows those of Kubernetes' own fields."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _validation(rule: Rule) -> Schema:
    found: Schema = {"rule": rule.expression, "message": rule.message}
    if rule.shown is not None:
        found["messageExpression"] = rule.shown
    if rule.field is not None:
        found["fieldPath"] = f".{rule.field}"
    return found


def _structural(model: type[BaseModel], root: str, *, defaults: bool) -> Schema:
    described = model.model_json_schema(by_alias=True)
    schema = _Inliner(described.get("$defs", {}), root, defaults=defaults).node(described, root)
    schema.pop("default", None)
    return schema


class _Inliner:
    def __init__(self, definitions: Mapping[str, Any], root: str, *, defaults: bool) -> None:
        self._definitions = definitions
        self._root = root
        self._defaults = defaults

    def node(self, described: Mapping[str, Any], path: str) -> Schema:
        """One node, with everything that it refers to in its place."""
        described, optional = _without_null(described)
        if "$ref" in described:
            target = self._definitions[described["$ref"].rpartition("/")[2]]
            described = {**target, **{key: value for key, value in described.items() if key != "$ref"}}
        found: Schema = {"description": sentence(described["description"])} if "description" in described else {}
        found |= {key: described[key] for key in _KEPT if key in described}
        if "exclusiveMinimum" in described:
            found |= {"minimum": described["exclusiveMinimum"], "exclusiveMinimum": True}
        rules = self._rules(path)
        if described["type"] == "object":
            found |= self._object(described, path)
            if self._defaults and not optional and "required" not in found:
                found["default"] = _own_defaults(found) if rules else {}
        elif self._defaults and described.get("default") is not None:
            found["default"] = described["default"]
        if described["type"] == "array":
            found["items"] = self.node(described["items"], f"{path}[]")
            found |= _LISTS[path]
        if rules:
            found["x-kubernetes-validations"] = rules
        return found

    def _object(self, described: Mapping[str, Any], path: str) -> Schema:
        found: Schema = {"properties": {}}
        for name, child in described["properties"].items():
            found["properties"][name] = self.node(child, f"{path}.{name}")
        if described.get("required"):
            found["required"] = list(described["required"])
        return found

    def _rules(self, path: str) -> list[Schema]:
        if self._root != "spec":
            return []
        return validations(SPEC_RULES.get(path.removeprefix("spec").removeprefix("."), ()))


def _own_defaults(schema: Schema) -> dict[str, Any]:
    # The API server tries the rules of an object on its default as it stands, before the fields' defaults fill it.
    children = schema["properties"].items()
    return {name: child["default"] for name, child in children if "default" in child and child["type"] != "object"}


def _without_null(described: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    # A field that may be absent: pydantic says "or null", the API server leaves it out.
    choices = described.get("anyOf")
    if choices is None:
        return described, False
    (chosen,) = (choice for choice in choices if choice.get("type") != "null")
    return {**chosen, **{key: value for key, value in described.items() if key not in ("anyOf", "default")}}, True
