"""Who may write a partition: deciding after a failure, and the marker that a fenced process leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import orjson

from cryptostream_model.records import UnreadableRecordError, Writer, parse_position
from cryptostream_model.streams import StreamName
from cryptostream_producer.partition_log import read_positions

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


def other_writer(
    connection: dict[str, object],
    stream: StreamName,
    partition: int,
    own: str,
    signed_at: int,
    patience: float,
    stopping: Callable[[], bool],
) -> str | None:
    """The process that has signed the partition after us, or None when none has within ``patience`` seconds.

    ``signed_at`` is the offset of our own signature. The wait gives a new writer time to commit its
    signature: it fences us a moment before. Raises LogBrokenError when Kafka fails, StoppedError when stopping.
    """
    deadline = monotonic() + patience
    while True:
        latest = own
        for message in read_positions(connection, stream, partition, signed_at, signed_at, stopping):
            try:
                entry = parse_position(bytes(message.value() or b""))
            except UnreadableRecordError:
                continue
            if isinstance(entry, Writer):
                latest = entry.writer
        if latest != own:
            return latest
        if monotonic() >= deadline:
            return None
