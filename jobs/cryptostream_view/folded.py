"""All that the view knows, folded from Kafka's and the database's news; pure, without clocks of its own."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from cryptostream_view.alert_book import AlertBook
from cryptostream_view.decoding import Arrivals
from cryptostream_view.latency import LatencyMeter
from cryptostream_view.market import Market, MarketFigures
from cryptostream_view.rows import DatabasePoll, GapTotals
from cryptostream_view.snapshot import Condition, HealthSnapshot, Notice, Snapshot, SourceSnapshot, SymbolSnapshot
from cryptostream_view.tickers import Ticker, TickerBoard, decimal_places

_SECOND = 1_000_000
_QUIET_AFTER = 30.0
_STALE_AFTER = 10.0
_BATCHES = 50
_NOTICES = 100
_POLL_FRESH = 3.0


class FoldedStream:
    """Take news in any order; `snapshot` is what they come to. ``now`` counts seconds of a steady clock."""

    def __init__(self, stream: str, symbols: Sequence[str]) -> None:
        """``symbols`` come first, in this order; others that turn up follow by name."""
        self._stream = stream
        self._listed = tuple(symbols)
        self.market = Market()
        self.meter = LatencyMeter()
        self._board = TickerBoard()
        self.alerts = AlertBook()
        self._gaps: GapTotals | None = None
        self._notices: deque[Notice] = deque(maxlen=_NOTICES)
        self._lag = (0, 0.0)
        self._polled_at = float("-inf")
        self._commits: deque[int] = deque(maxlen=_BATCHES)

    def take_arrivals(self, arrivals: Arrivals, now: float) -> None:
        """News of the topic."""
        self._board.take(arrivals, now, self.meter.live_since or 0)
        for symbol, brought in arrivals.symbols.items():
            if brought.ids:
                self.meter.add_trades(symbol, np.array(brought.ids), np.array(brought.sent))

    def take_poll(self, poll: DatabasePoll, now: float) -> None:
        """News of the database."""
        if poll.covered_before is not None:
            self.meter.begin_ledger(*poll.covered_before)
        for batch in poll.batches:
            self.meter.add_batch(batch.positions, batch.committed_at)
            self._commits.append(batch.committed_at)
        self.meter.settle(now)
        self._polled_at, self._lag = now, self._lag_now()
        if poll.symbols is not None:
            self.market.take_symbols(poll.symbols)
        self.market.take_panes(poll.panes)
        if poll.windows is not None:
            self.market.take_windows(poll.windows)
        self.alerts.take(poll.alerts)
        if poll.gaps is not None:
            self._gaps = poll.gaps

    def take_notice(self, notice: Notice) -> None:
        self._notices.append(notice)

    def snapshot(self, moment: int, now: float, kafka: SourceSnapshot, database: SourceSnapshot) -> Snapshot:
        """What is to be shown. ``moment`` is the host's time in UTC microseconds."""
        others = sorted({*self._board.tickers, *self.market.symbols} - {*self._listed})
        names = (*self._listed, *others)
        figures = {name: self.market.figures(name) for name in names}
        return Snapshot(
            moment=moment,
            stream=self._stream,
            symbols=tuple(
                _symbol(name, self._board.tickers.get(name, Ticker()), figures[name], moment, now) for name in names
            ),
            alerts=self.alerts.newest_first(moment),
            health=self._health(moment, now),
            kafka=kafka,
            database=database,
            notices=tuple(self._notices),
            span=_longest(figure.span for figure in figures.values()),
            trend_span=_longest(figure.trend_span for figure in figures.values()),
            window=_longest(figure.window or 0 for figure in figures.values()),
        )

    def _lag_now(self) -> tuple[int, float]:
        """Trades and seconds by which the batches are behind the topic: only what waits where no batch is known."""
        behind = 0
        for symbol, ticker in self._board.tickers.items():
            covered = self.meter.covered_id(symbol)
            if ticker.last_id is not None and covered is not None and covered >= 0:
                behind += max(0, ticker.last_id - covered)
        return behind or self.meter.waiting, self.meter.behind()

    def _health(self, moment: int, now: float) -> HealthSnapshot:
        intervals = [after - before for before, after in pairwise(self._commits)]
        # What came since the last look at the database is not the job's lag, unless there was no look for long.
        behind_trades, behind_seconds = self._lag if now - self._polled_at < _POLL_FRESH else self._lag_now()
        return HealthSnapshot(
            trades_per_second=self._board.rate.per_second(now),
            last_minute=self.meter.last_minute(now),
            total=self.meter.total(),
            live_since=self.meter.live_since,
            behind_trades=behind_trades,
            behind_seconds=behind_seconds,
            gaps=self._gaps.gaps if self._gaps else None,
            missing_ids=self._gaps.missing_ids if self._gaps else 0,
            batch_seconds=median(intervals) / _SECOND if intervals else None,
            last_batch_age=max(0, moment - self._commits[-1]) / _SECOND if self._commits else None,
            unreadable=self._board.unreadable,
        )


def _symbol(name: str, ticker: Ticker, figures: MarketFigures, moment: int, now: float) -> SymbolSnapshot:
    price = ticker.price if ticker.price is not None else figures.close
    age = None if ticker.traded_at is None else max(0, moment - ticker.traded_at) / _SECOND
    return SymbolSnapshot(
        symbol=name,
        condition=_condition(ticker, age, now),
        price=price,
        places=max(ticker.places, decimal_places(figures.close)),
        age=age,
        trades_per_second=ticker.rate.per_second(now),
        change=float(price / figures.open) - 1 if price is not None and figures.open else None,
        vwap=figures.vwap,
        vwap_deviation=float(price) / figures.vwap - 1 if price is not None and figures.vwap else None,
        trend=figures.trend,
        quote_volume=figures.quote_volume if figures.span else None,
        volatility=figures.volatility,
    )


def _condition(ticker: Ticker, age: float | None, now: float) -> Condition:
    if ticker.heard_at is None:
        return "waiting"
    if now - ticker.heard_at >= _STALE_AFTER:
        return "stale"
    return "live" if age is not None and age < _QUIET_AFTER else "quiet"


def _longest(spans: Iterable[int]) -> float | None:
    longest = max(spans, default=0)
    return longest / _SECOND if longest else None
