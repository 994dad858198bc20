"""Change, VWAP, volume and trend of each symbol, folded from a day's rollups and the panes since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from cryptostream_view.rows import PaneRow, SymbolRow, WindowRow

TREND_PANES = 120


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """A symbol's figures over ``span`` microseconds, a day at most. None where there were no trades.

    ``vwap`` is quote volume / volume; ``trend`` holds the closes of the last 120 panes, each pane without trades at the
    close before it.
    """

    span: int = 0
    open: Decimal | None = None
    close: Decimal | None = None
    vwap: float | None = None
    quote_volume: float = 0.0
    trend: tuple[float, ...] = ()
    trend_span: int = 0
    volatility: float | None = None
    window: int | None = None


@dataclass(slots=True)
class _SymbolMarket:
    base: SymbolRow
    panes: dict[int, PaneRow] = field(default_factory=dict)
    window: WindowRow | None = None


class Market:
    """Symbols by name. Give it `SymbolRow` now and then, panes from `cursors` on with every look."""

    def __init__(self) -> None:
        self._symbols: dict[str, _SymbolMarket] = {}

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._symbols)

    def cursors(self) -> dict[str, int]:
        """By symbol the start of the first pane to ask for: the first one not known to be closed."""
        return {symbol: _cursor(market) for symbol, market in self._symbols.items()}

    def take_symbols(self, rows: Iterable[SymbolRow]) -> None:
        """Take sums over newer minutes, and forget the panes that they and the trend no longer need."""
        for row in rows:
            market = self._symbols.setdefault(row.symbol, _SymbolMarket(row))
            if row.through < market.base.through:
                market.panes.clear()
            market.base = row
            trend = sorted(market.panes)[-TREND_PANES:]
            oldest = min(row.through, trend[0]) if trend else row.through
            market.panes = {start: pane for start, pane in market.panes.items() if start >= oldest}

    def take_panes(self, rows: Iterable[PaneRow]) -> None:
        for row in rows:
            if row.symbol in self._symbols:
                self._symbols[row.symbol].panes[row.start] = row

    def take_windows(self, rows: Iterable[WindowRow]) -> None:
        for row in rows:
            if row.symbol in self._symbols:
                self._symbols[row.symbol].window = row

    def figures(self, symbol: str) -> MarketFigures:
        """A symbol's figures as far as they are known."""
        return _figures(self._symbols[symbol]) if symbol in self._symbols else MarketFigures()


def _cursor(market: _SymbolMarket) -> int:
    if not market.panes:
        return min(market.base.through, market.base.closed_through - TREND_PANES * market.base.pane)
    unclosed = (start for start, pane in market.panes.items() if not pane.closed)
    return min(unclosed, default=max(pane.end for pane in market.panes.values()))


def _figures(market: _SymbolMarket) -> MarketFigures:
    base, window = market.base, market.window
    panes = [market.panes[start] for start in sorted(market.panes)]
    since = [pane for pane in panes if pane.start >= base.through]
    traded = [pane for pane in since if pane.open is not None]
    volume = base.volume + sum(pane.volume for pane in since)
    quote_volume = base.quote_volume + sum(pane.quote_volume for pane in since)
    first = base.first if base.first is not None else min((pane.start for pane in since), default=None)
    last = max((pane.end for pane in panes), default=base.through)
    recent = panes[-TREND_PANES:]
    closes = [pane.close for pane in panes if pane.close is not None]
    return MarketFigures(
        span=0 if first is None else last - first,
        open=base.open if base.open is not None else traded[0].open if traded else None,
        close=closes[-1] if closes else None,
        vwap=quote_volume / volume if volume > 0 else None,
        quote_volume=quote_volume,
        trend=_carried(recent),
        trend_span=recent[-1].end - recent[0].start if recent else 0,
        volatility=window.realized_volatility if window else None,
        window=window.end - window.start if window else None,
    )


def _carried(panes: list[PaneRow]) -> tuple[float, ...]:
    trend: list[float] = []
    for pane in panes:
        if pane.close is not None:
            trend.append(float(pane.close))
        elif trend:
            trend.append(trend[-1])
    return tuple(trend)
