"""What is shown at one moment, ready to be drawn. Times in UTC microseconds, durations in seconds."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from cryptostream_view.latency import LatencySummary

Condition = Literal["live", "quiet", "stale", "waiting"]
AlertState = Literal["open", "confirmed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class SymbolSnapshot:
    """One symbol. ``price`` is None before its first trade; ``places`` are the decimal places that its prices use.

    ``condition``: ``live``; ``quiet`` (complete up to now, but without a trade for a while); ``stale`` (no record of
    any kind comes: its producer or Kafka is away); ``waiting`` (nothing has come yet). ``change`` and
    ``vwap_deviation`` are shares: 0.01 is one per cent.
    """

    symbol: str
    condition: Condition = "waiting"
    price: Decimal | None = None
    places: int = 2
    age: float | None = None
    trades_per_second: float = 0.0
    change: float | None = None
    vwap: float | None = None
    vwap_deviation: float | None = None
    trend: tuple[float, ...] = ()
    quote_volume: float | None = None
    volatility: float | None = None


@dataclass(frozen=True, slots=True)
class AlertSnapshot:
    """One alert; ``age`` is the time since it opened, ``ended`` whether its episode is over.

    ``opened_at`` is the end of its opening window, or ``written_at``, when it was first seen in the database, if that
    was earlier.
    """

    id: str
    symbol: str
    detector: str
    state: AlertState
    revision: int
    severity: str
    score: float
    threshold: float
    direction: str | None
    ratio: float | None
    price: Decimal | None
    backfilled: bool
    ended: bool
    opened_at: int
    written_at: int
    age: float


@dataclass(frozen=True, slots=True)
class SourceSnapshot:
    """Kafka or the database: ``up`` None until it was reached for the first time. ``reason`` says why it is not up."""

    name: str
    up: bool | None = None
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened around the stream, in a sentence."""

    moment: int
    text: str


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """How the pipeline does. ``behind_*`` is what the topic holds and no batch covers yet."""

    trades_per_second: float = 0.0
    last_minute: LatencySummary = field(default_factory=LatencySummary)
    total: LatencySummary = field(default_factory=LatencySummary)
    live_since: int | None = None
    behind_trades: int = 0
    behind_seconds: float = 0.0
    gaps: int | None = None
    missing_ids: int = 0
    batch_seconds: float | None = None
    last_batch_age: float | None = None
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one moment. ``span``, ``trend_span`` and ``window`` say over what the symbols' figures are."""

    moment: int
    stream: str
    symbols: tuple[SymbolSnapshot, ...]
    alerts: tuple[AlertSnapshot, ...]
    health: HealthSnapshot
    kafka: SourceSnapshot
    database: SourceSnapshot
    notices: tuple[Notice, ...] = ()
    span: float | None = None
    trend_span: float | None = None
    window: float | None = None
