"""What is wrong with a recording."""

from pathlib import Path


class RecordingError(ValueError):
    """A recording that cannot be read; the text names the file, the line and the reason."""


def at_line(path: Path, number: int, reason: object) -> RecordingError:
    return RecordingError(f"{path}, line {number}: {reason}")
