"""Rows that the view reads from the database. Times in UTC microseconds, prices in quote currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A micro-batch of the ledger: when it was committed and the last id by symbol."""

    committed_at: int
    positions: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """A symbol and its sums over at most a day of whole minutes before ``through``, all of whose panes are closed.

    ``first`` is the start of the first minute that counts; ``open``, ``first`` are None where there is none.
    """

    symbol: str
    pane: int
    closed_through: int
    through: int
    first: int | None
    open: Decimal | None
    volume: float
    quote_volume: float


@dataclass(frozen=True, slots=True)
class PaneRow:
    """A pane, which grows while it is not ``closed``."""

    symbol: str
    start: int
    end: int
    open: Decimal | None
    close: Decimal | None
    volume: float
    quote_volume: float
    closed: bool


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A symbol's latest closed window."""

    symbol: str
    start: int
    end: int
    realized_volatility: float | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert at its highest revision; docs/data-contracts.md defines the fields."""

    id: str
    symbol: str
    detector: str
    state: str
    revision: int
    severity: str
    score: float
    threshold: float
    window_end: int
    ended: int | None
    price: Decimal | None
    backfilled: bool
    direction: str | None
    ratio: float | None
    updated_at: int


@dataclass(frozen=True, slots=True)
class GapTotals:
    """How many gaps the stream has and how many ids they miss."""

    gaps: int
    missing_ids: int


@dataclass(frozen=True, slots=True)
class DatabasePoll:
    """What one look at the database brought; None where it was not looked for.

    ``covered_before`` comes once, with the first poll: the last ids that batches before the first of ``batches`` cover,
    and whether these are all of them.
    """

    covered_before: tuple[Mapping[str, int], bool] | None = None
    batches: tuple[BatchRow, ...] = ()
    symbols: tuple[SymbolRow, ...] | None = None
    panes: tuple[PaneRow, ...] = ()
    windows: tuple[WindowRow, ...] | None = None
    alerts: tuple[AlertRow, ...] = ()
    gaps: GapTotals | None = None
