"""The specification of a CryptoStream as Helm's validator understands it."""

from typing import Any


def as_draft_7(schema: Any) -> Any:
    """An API server's schema in draft 7: closed, since Helm prunes nothing, and without what only the server knows."""
    if isinstance(schema, list):
        return [as_draft_7(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: as_draft_7(item) for key, item in schema.items() if not key.startswith("x-kubernetes-")}
    if converted.get("exclusiveMinimum") is True:
        converted["exclusiveMinimum"] = converted.pop("minimum")
    if isinstance(schema.get("properties"), dict):
        converted["additionalProperties"] = False
    return converted
