"""That another producer process took a partition over, and the marker that a fenced process leaves."""

from dataclasses import dataclass
from pathlib import Path

import orjson

MARKER = "fenced"


@dataclass(frozen=True, slots=True)
class Fenced:
    """Another producer process took a partition over."""

    stream: str
    partition: int
    writer: str
    """The process that owns the partition now."""

    def describe(self) -> str:
        return (
            f"fenced by writer {self.writer} on partition {self.partition} of {self.stream}: "
            "another producer has taken over; this one stays down until it is terminated"
        )


def read_marker(directory: Path | None) -> Fenced | None:
    """The marker that an earlier run in this state directory left, if any."""
    path = directory / MARKER if directory else None
    if path is None or not path.exists():
        return None
    try:
        fields = orjson.loads(path.read_bytes())
        return Fenced(str(fields["stream"]), int(fields["partition"]), str(fields["writer"]))
    except (ValueError, KeyError, TypeError):
        return Fenced("unknown", -1, f"unknown (unreadable marker {path})")


def write_marker(directory: Path | None, fenced: Fenced) -> None:
    """Leave the marker, whole or not at all. Raises OSError."""
    if directory is None:
        return
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f"{MARKER}.tmp"
    temporary.write_bytes(
        orjson.dumps({"stream": fenced.stream, "partition": fenced.partition, "writer": fenced.writer})
    )
    temporary.replace(directory / MARKER)
