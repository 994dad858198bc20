"""Read a CryptoStream as the API server returns it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cryptostream_operator.api.spec import CryptoStreamSpec
from cryptostream_operator.api.status import CryptoStreamStatus


class InvalidSpecError(ValueError):
    """A specification that this operator cannot read; each line names a field and what is wrong with it."""


def parse_spec(resource: Mapping[str, Any]) -> CryptoStreamSpec:
    """The typed specification of a resource. Raises InvalidSpecError."""
    try:
        return CryptoStreamSpec.model_validate(resource.get("spec"))
    except ValidationError as error:
        raise InvalidSpecError("\n".join(_line(problem) for problem in error.errors())) from None


def parse_status(resource: Mapping[str, Any]) -> CryptoStreamStatus:
    """The typed status of a resource; an empty one where there is none or it cannot be read."""
    try:
        return CryptoStreamStatus.model_validate(resource.get("status") or {})
    except ValidationError:
        return CryptoStreamStatus()


def _line(problem: Any) -> str:
    path = ".".join(["spec", *(str(part) if str(part).isprintable() else repr(part) for part in problem["loc"])])
    return f"{path}: {problem['msg']}"
