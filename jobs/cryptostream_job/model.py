"""Panes, windows and alerts as plain values: what compose, detectors and sink pass to each other.

Times are UTC microseconds, prices exact decimals in quote currency, volumes doubles in base or quote currency.
docs/data-contracts.md defines each column.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

AlertState = Literal["open", "confirmed", "withdrawn"]
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Pane, slide and window length and allowed lateness, in microseconds."""

    pane: int
    slide: int
    window: int
    allowed_lateness: int

    def __post_init__(self) -> None:
        if self.pane <= 0 or self.slide % self.pane or self.slide <= 0:
            raise ValueError(f"slide {self.slide} us must be a positive multiple of pane {self.pane} us")
        if self.window % self.slide or self.window <= 0:
            raise ValueError(f"window {self.window} us must be a positive multiple of slide {self.slide} us")
        if self.allowed_lateness < 0:
            raise ValueError("allowed lateness must not be negative")

    def pane_start(self, time: int) -> int:
        """Start of the pane that holds a time."""
        return time - time % self.pane


@dataclass(frozen=True, slots=True)
class GapSpan:
    """A gap record of the topic: ids that cannot be had."""

    from_id: int
    to_id: int
    reason: str
    clock: int


@dataclass(frozen=True, slots=True)
class Pane:
    """One symbol's records of one pane."""

    symbol: str
    exchange: str
    start: int
    trades: int
    first_id: int | None
    last_id: int | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    mean_price: float | None
    m2_price: float | None
    volume: float
    quote_volume: float
    taker_buy_volume: float
    taker_buy_quote_volume: float
    rush_orders: int
    rush_volume: float
    rush_buy_orders: int
    late_trades: int
    missing_ids: int
    backfilled_trades: int
    first_clock: int
    clock: int
    partition: int
    trade_sizes: tuple[int, ...] | None = None
    """On-time trades by class of size, None where they were not counted."""
    gaps: tuple[GapSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """One symbol's sliding window ``[start, end)``, composed of panes."""

    symbol: str
    exchange: str
    start: int
    end: int
    trades: int
    first_id: int | None
    last_id: int | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    mean_price: float | None
    stddev_price: float | None
    vwap: float | None
    realized_volatility: float | None
    volume: float
    quote_volume: float
    taker_buy_volume: float
    taker_buy_quote_volume: float
    rush_orders: int
    rush_volume: float
    rush_buy_orders: int
    late_trades: int
    missing_ids: int
    backfilled_trades: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One revision of an alert. ``window_start`` and ``window_end`` are those of the opening window.

    ``score`` is the peak score so far, ``price`` the close of the latest window of the episode that had trades,
    ``ended`` the end of the window that closed the episode, None while it lasts.
    """

    id: str
    symbol: str
    exchange: str
    detector: str
    version: int
    state: AlertState
    severity: Severity
    score: float
    threshold: float
    window_start: int
    window_end: int
    last_window_end: int
    ended: int | None
    price: Decimal | None
    backfilled: bool
    details: dict[str, Any] = field(default_factory=dict)
