"""The past values that a window is judged by: never its own, nor those of windows that overlap it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

TimedValue = tuple[int, float]
"""A window's end (UTC microseconds) and its value."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """``values`` to judge by, oldest first, and ``pending`` ones of windows that the next window may still overlap."""

    values: tuple[float, ...] = ()
    pending: tuple[TimedValue, ...] = ()

    def released(self, before: int, size: int) -> Self:
        """With pending values of windows that ended at or before ``before`` moved into the last ``size`` values."""
        ready = [value for end, value in self.pending if end <= before]
        if not ready and len(self.values) <= size:
            return self
        return type(self)(
            (*self.values, *ready)[-size:], tuple((end, value) for end, value in self.pending if end > before)
        )

    def with_pending(self, added: Iterable[TimedValue]) -> Self:
        """With values waiting for their windows to lie behind, in order of window end."""
        return type(self)(self.values, tuple(sorted([*self.pending, *added])))

    def to_json(self) -> dict[str, Any]:
        return {"values": list(self.values), "pending": [list(item) for item in self.pending]}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        return cls(tuple(fields["values"]), timed_values(fields["pending"]))


def timed_values(items: Iterable[list[Any]]) -> tuple[TimedValue, ...]:
    """Timed values from their JSON form, a list of pairs."""
    return tuple((end, value) for end, value in items)
