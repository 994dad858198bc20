"""What a container said last, out of the log lines that Kubernetes keeps of it."""

from collections.abc import Mapping
from typing import Any

import orjson

_LONGEST = 512
_ERRORS = frozenset({"error", "critical"})


def last_error(text: str) -> str:
    """The last error where a container writes JSON as ours do, else its last line; empty where it wrote nothing."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    entries = [_entry(line) for line in lines]
    errors = [entry for entry in entries if entry is not None and entry.get("level") in _ERRORS]
    last = errors[-1] if errors else entries[-1]
    return (lines[-1] if last is None else _said(last))[:_LONGEST]


def _entry(line: str) -> Mapping[str, Any] | None:
    """A line of our logs; None for any other, such as a first line that has lost its beginning."""
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and "event" in entry else None


def _said(entry: Mapping[str, Any]) -> str:
    reason = entry.get("reason") or str(entry.get("exception") or "").strip().rpartition("\n")[2]
    return f"{entry['event']}: {reason}" if reason else str(entry["event"])
