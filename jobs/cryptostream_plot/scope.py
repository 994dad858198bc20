"""Which symbols and which range a picture shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptostream_plot.errors import NothingToPlotError
from cryptostream_plot.stored import Extent

USUAL_RANGE = timedelta(days=1)
"""What is shown of a long stream where no start is asked."""
_MINUTE = timedelta(minutes=1)
_NAMED_SYMBOLS = 20


@dataclass(frozen=True, slots=True)
class Availability:
    """From when to when anything is stored of the symbols, and from when on panes are."""

    start: datetime
    end: datetime
    panes_start: datetime | None

    @classmethod
    def of(cls, extents: Sequence[Extent]) -> Self:
        """Over all symbols. Raises NothingToPlotError where no symbol has a row."""
        panes = [extent.panes_start for extent in extents if extent.panes_start]
        starts = panes + [extent.rollups_start for extent in extents if extent.rollups_start]
        ends = [end for extent in extents for end in (extent.panes_end, extent.rollups_end) if end]
        if not starts or not ends:
            raise NothingToPlotError(f"no panes are stored of {_list([extent.symbol for extent in extents])} yet")
        panes_start = min(panes, default=None)
        # A rollup's bucket begins before its first pane; it reaches further back only where it is another minute.
        start = panes_start if panes_start and panes_start - min(starts) < _MINUTE else min(starts)
        # The same at the end: a bucket of a minute ends after its last pane.
        return cls(start, max((e.panes_end for e in extents if e.panes_end), default=max(ends)), panes_start)

    def panes_reach(self, start: datetime) -> bool:
        """Whether panes go back as far as anything does, from a moment on."""
        return self.panes_start is not None and self.panes_start <= max(start, self.start)

    def instead_of(self, start: datetime, end: datetime, stream: str) -> str:
        """What was asked for, and what there is."""
        return (
            f"from {_moment(start)} to {_moment(end)} UTC; "
            f"{stream} has data from {_moment(self.start)} to {_moment(self.end)} UTC"
        )


def choose_symbols(asked: Sequence[str] | None, stored: Sequence[str]) -> tuple[str, ...]:
    """The asked symbols as they are stored, in any case of letters, each once; all where none are asked.

    Raises NothingToPlotError naming those that are not stored.
    """
    if asked is None:
        return tuple(stored)
    spelled = {name.casefold(): name for name in stored} | {name: name for name in stored}
    found = {text: spelled.get(text, spelled.get(text.casefold())) for text in asked}
    unknown = [text for text, name in found.items() if name is None]
    if unknown or not found:
        raise NothingToPlotError(f"no symbol {_list(unknown)} in the database: it has {_list(stored)}")
    return tuple(dict.fromkeys(name for name in found.values() if name is not None))


def choose_range(
    asked_start: datetime | None, asked_end: datetime | None, available: Availability, stream: str
) -> tuple[datetime, datetime]:
    """The part of the asked range that is stored; where nothing is asked, the last day of it.

    Raises ValueError for a range that is none, NothingToPlotError for one that lies beside the data.
    """
    if asked_start and asked_end and asked_start >= asked_end:
        raise ValueError(f"--from {_moment(asked_start)} is not before --to {_moment(asked_end)}: swap them")
    start = asked_start or (asked_end or available.end) - USUAL_RANGE
    end = asked_end or max(available.end, start)
    if start >= available.end or end <= available.start:
        raise NothingToPlotError(f"nothing is stored {available.instead_of(start, end, stream)}")
    return max(start, available.start), min(end, available.end)


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED_SYMBOLS])
    return f"{shown} and {len(names) - _NAMED_SYMBOLS} more" if len(names) > _NAMED_SYMBOLS else shown
