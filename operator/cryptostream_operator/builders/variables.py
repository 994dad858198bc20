"""Environment variables of a container: plain values, and references to keys of Secrets."""

from collections.abc import Mapping

from cryptostream_operator.builders.inputs import Manifest

Variables = dict[str, Manifest]
"""Variable -> what its entry holds besides the name."""


def literal(value: object) -> Manifest:
    """A value that anyone may read."""
    return {"value": str(value)}


def from_secret(name: str, key: str) -> Manifest:
    """A key of a Secret in the stream's namespace: the manifest never holds its value."""
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def entries(variables: Mapping[str, Manifest]) -> list[Manifest]:
    """A container's ``env``, by name: the same variables always give the same list."""
    return [{"name": name, **variables[name]} for name in sorted(variables)]
