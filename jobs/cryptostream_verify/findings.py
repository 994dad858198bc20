"""What a verification has found: differences, capped per kind but fully counted, and what it has checked."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be.

    ``kind`` groups like differences (``trade missing``, ``pane differs``); ``subject`` names the id, pane, window or
    alert;
    ``column`` the value concerned, if one is.
    """

    kind: str
    symbol: str
    subject: str
    column: str | None = None
    expected: str | None = None
    found: str | None = None


@dataclass
class Findings:
    """Differences in the order found, at most ``cap`` kept of each kind, with the totals of all."""

    cap: int = 20
    totals: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, difference: Difference) -> None:
        self.count(difference.kind, [difference], 1)

    def count(self, kind: str, samples: list[Difference], total: int) -> None:
        """Add ``total`` differences of one kind, of which only ``samples`` are at hand."""
        if total:
            room = self.cap - sum(1 for known in self.differences if known.kind == kind)
            self.differences.extend(samples[: max(0, room)])
            self.totals[kind] += total

    def note(self, text: str) -> None:
        """Something the reader should know that is no difference."""
        self.notes.append(text)

    def tally(self, symbol: str, what: str, number: int) -> None:
        """Count what has been checked for a symbol."""
        self.checked.setdefault(symbol, Counter())[what] += number

    @property
    def passed(self) -> bool:
        return not self.totals


def moment(microseconds: int) -> str:
    """A time as ISO 8601 in UTC, with microseconds only where there are any."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def shown(value: Any) -> str:
    """A value as the report prints it."""
    return "nothing" if value is None else str(value)
