"""Series as files: CSV with the columns timestamp and value."""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

COLUMNS = ("timestamp", "value")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its timestamp as written, the same in UTC seconds since the epoch, and its value, NaN where empty."""

    timestamp: str
    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """A whole series, in order."""

    rows: tuple[Row, ...]

    @property
    def times(self) -> list[str]:
        """The timestamps as they are written."""
        return [row.timestamp for row in self.rows]


def read_series(path: Path) -> Series:
    """Read a file whole. Raises OSError, and ValueError naming file and line."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return Series(tuple(read_rows(file, str(path))))


def read_rows(file: TextIO, name: str) -> Iterator[Row]:
    """Rows as they come. ``name`` is what errors call the source.

    A timestamp is a date and time (UTC where it names no zone) or a number of seconds since the epoch. An empty value,
    or ``nan``, is a missing one. Raises ValueError.
    """
    lines = csv.reader(file)
    header = [column.strip() for column in next(lines, [])]
    if not set(COLUMNS) <= set(header):
        raise ValueError(
            f"{name}: the first line names the columns {', '.join(header) or '(none)'}; needed are "
            f"{' and '.join(COLUMNS)}"
        )
    at_time, at_value = header.index("timestamp"), header.index("value")
    for fields in lines:
        if not fields:
            continue
        try:
            yield Row(fields[at_time], _seconds(fields[at_time]), _number(fields[at_value]))
        except (ValueError, IndexError) as error:
            raise ValueError(f"{name}, line {lines.line_num}: {error}") from None


def write_scores(file: TextIO, scored: Iterable[tuple[Row, float]]) -> None:
    """Write rows with their ``anomaly_score``, each as soon as it comes."""
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow((*COLUMNS, "anomaly_score"))
    for row, score in scored:
        lines.writerow((row.timestamp, "" if math.isnan(row.value) else repr(row.value), f"{score:.6f}"))


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"timestamp {text!r} is neither a date and time nor seconds since the epoch") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(text: str) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"value {text!r} is not a number") from None
    return value if math.isfinite(value) else math.nan
