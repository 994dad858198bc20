"""Hashes that say which specification a running part was started with."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from cryptostream_operator.api.diff import DIFF_CLASS, DiffClass, leaves
from cryptostream_operator.api.spec import CryptoStreamSpec

_PRODUCER: frozenset[DiffClass] = frozenset({"scale", "restart-producers", "restart"})
_JOB: frozenset[DiffClass] = frozenset({"restart-job", "restart", "fresh"})
_CHECKPOINT: frozenset[DiffClass] = frozenset({"fresh"})

_LENGTH = 16


def hash_of(value: Any) -> str:
    """Hash of any JSON value, the same for the same content: 16 hex digits, fit for a label."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_LENGTH]


def producer_hash(spec: CryptoStreamSpec, resolved: Mapping[str, str] | None = None) -> str:
    """Hash of what the producers run. ``resolved`` adds what the operator decides, such as its default image."""
    return _hash_of_classes(spec, _PRODUCER, resolved)


def job_hash(spec: CryptoStreamSpec, resolved: Mapping[str, str] | None = None) -> str:
    """Hash of what the Spark application runs. ``resolved`` adds what the operator decides, such as its image."""
    return _hash_of_classes(spec, _JOB, resolved)


def checkpoint_hash(spec: CryptoStreamSpec) -> str:
    """Hash of what checkpoint and stored rows depend on: another one needs a rebuild."""
    return _hash_of_classes(spec, _CHECKPOINT, None)


def _hash_of_classes(spec: CryptoStreamSpec, classes: Collection[DiffClass], resolved: Mapping[str, str] | None) -> str:
    wanted = {path: value for path, value in leaves(spec).items() if DIFF_CLASS[path] in classes}
    return hash_of({"spec": wanted, "resolved": dict(resolved or {})})
