"""A chart as plain values, which both renderers draw. Prices and volumes in quote currency unless named otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Literal

from cryptostream_plot.intervals import Interval

_RUNNING_INTERVALS = 12
AlertState = Literal["open", "confirmed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Candle:
    """Trades of ``[start, start + interval)``. ``backfilled_trades`` came over REST, None where that is not known."""

    start: datetime
    trades: int
    first_id: int
    last_id: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: float
    """In base currency."""
    quote_volume: float
    taker_buy_quote_volume: float
    backfilled_trades: int | None

    @property
    def rises(self) -> bool:
        return self.close >= self.open

    @property
    def taker_sell_quote_volume(self) -> float:
        """Never below zero: both sums are doubles, rounded on their own."""
        return max(0.0, self.quote_volume - self.taker_buy_quote_volume)

    @property
    def over_rest(self) -> bool:
        """Whether more than half of the trades are known to have come over REST."""
        return self.backfilled_trades is not None and 2 * self.backfilled_trades > self.trades


@dataclass(frozen=True, slots=True)
class VwapLine:
    """Volume-weighted average prices of the ``length`` that ends at each time; None where nothing was traded."""

    length: timedelta
    times: tuple[datetime, ...]
    prices: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class AlertMark:
    """An alert; ``window_start`` and ``window_end`` are those of the window that opened it."""

    id: str
    symbol: str
    detector: str
    state: AlertState
    severity: str
    score: float
    threshold: float
    window_start: datetime
    window_end: datetime
    last_window_end: datetime
    ended: datetime | None
    price: Decimal | None
    direction: str | None
    backfilled: bool


@dataclass(frozen=True, slots=True)
class GapMark:
    """Ids that the exchange could not deliver; they were traded somewhere in ``[start, end)``."""

    from_id: int
    to_id: int
    reason: str
    start: datetime
    end: datetime

    @property
    def ids(self) -> int:
        return self.to_id - self.from_id + 1


@dataclass(frozen=True, slots=True)
class Span:
    """A time ``[start, end)``."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SymbolChart:
    """All that is drawn of a symbol, each part in order of time."""

    symbol: str
    exchange: str
    candles: tuple[Candle, ...]
    vwap: VwapLine
    alerts: tuple[AlertMark, ...] = ()
    gaps: tuple[GapMark, ...] = ()
    over_rest: tuple[Span, ...] = ()
    """Where most trades came over REST: history before the start, and what was healed."""

    @property
    def quote_volume(self) -> float:
        return sum(candle.quote_volume for candle in self.candles)


@dataclass(frozen=True, slots=True)
class Chart:
    """A stream's picture of ``[start, end)``, both UTC."""

    stream: str
    start: datetime
    end: datetime
    interval: Interval
    symbols: tuple[SymbolChart, ...]

    @property
    def exchanges(self) -> str:
        return ", ".join(sorted({symbol.exchange for symbol in self.symbols}))

    def clip(self, time: datetime) -> datetime:
        """A time of the range: an open window, say, ends ahead of it."""
        return max(self.start, min(time, self.end))

    @property
    def alerts(self) -> tuple[AlertMark, ...]:
        """Those of all symbols, the newest first."""
        found = [alert for symbol in self.symbols for alert in symbol.alerts]
        return tuple(sorted(found, key=lambda alert: (alert.window_end, alert.symbol, alert.detector), reverse=True))

    @property
    def detectors(self) -> tuple[str, ...]:
        return tuple(sorted({alert.detector for alert in self.alerts}))


def merge_candles(candles: Iterable[Candle], interval: Interval) -> tuple[Candle, ...]:
    """Compose candles, given in order of time, to longer ones."""
    return tuple(
        _merged(start, list(parts)) for start, parts in groupby(candles, lambda each: interval.floor(each.start))
    )


def spans_over_rest(candles: Sequence[Candle], length: timedelta) -> tuple[Span, ...]:
    """Runs of candles of which more than half of the trades came over REST; between two of a run nothing was traded."""
    runs = groupby(candles, lambda candle: candle.over_rest)
    found = [list(run) for over_rest, run in runs if over_rest]
    return tuple(Span(run[0].start, run[-1].start + length) for run in found)


def place_gap(
    from_id: int, to_id: int, reason: str, clock: datetime, candles: Sequence[Candle], interval: Interval
) -> GapMark:
    """A gap with the time in which its ids were traded: after ``clock`` and before the first trade that follows them.

    At least one candle wide, so that it can be seen.
    """
    start = interval.floor(clock)
    following = next((candle.start for candle in candles if candle.last_id > to_id and candle.start >= start), start)
    return GapMark(from_id, to_id, reason, start, max(following, start + interval.length))


def running_vwap(candles: Sequence[Candle], interval: Interval) -> VwapLine:
    """The line where no windows are stored: at each candle's end, the average of the twelve intervals up to there.

    Twelve panes are a window by default, so the line lags behind its candles as it does on a short chart.
    """
    length = _RUNNING_INTERVALS * interval.length
    prices: list[float | None] = []
    first = 0
    for number, candle in enumerate(candles):
        while candles[first].start <= candle.start - length:
            first += 1
        covered = candles[first : number + 1]
        volume = sum(each.volume for each in covered)
        prices.append(sum(each.quote_volume for each in covered) / volume if volume else None)
    return VwapLine(length, tuple(candle.start + interval.length for candle in candles), tuple(prices))


def _merged(start: datetime, parts: Sequence[Candle]) -> Candle:
    known = [part.backfilled_trades for part in parts if part.backfilled_trades is not None]
    return Candle(
        start=start,
        trades=sum(part.trades for part in parts),
        first_id=min(part.first_id for part in parts),
        last_id=max(part.last_id for part in parts),
        open=min(parts, key=lambda part: part.first_id).open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=max(parts, key=lambda part: part.last_id).close,
        volume=sum(part.volume for part in parts),
        quote_volume=sum(part.quote_volume for part in parts),
        taker_buy_quote_volume=sum(part.taker_buy_quote_volume for part in parts),
        backfilled_trades=sum(known) if len(known) == len(parts) else None,
    )
