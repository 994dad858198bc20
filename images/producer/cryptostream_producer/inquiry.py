"""What to ask of REST for a need, and what the answers amount to: decisions without the network, as steps."""

from dataclasses import dataclass
from datetime import timedelta

from cryptostream_model.settings import microseconds
from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import Exchange, ExchangeTrade, InvalidRow, Row
from cryptostream_producer.lookup import Steps
from cryptostream_producer.needs import Answer, BeyondLimit, Fetch, FindStart, Need, StartFound
from cryptostream_producer.paging import PageEnd, end_by_count, end_by_id, judge_page, last_served

_RECENT = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer, whether it is all that was asked for, and the rows of it that could not be read."""

    answer: Answer
    complete: bool = True
    invalid: tuple[InvalidRow, ...] = ()


class Inquiry:
    """The steps that lead to an answer. ``start_from`` and ``max_heal`` as in the settings."""

    def __init__(
        self, exchange: Exchange, feed: str, exchange_time: ExchangeTime, start_from: timedelta, max_heal: timedelta
    ) -> None:
        self._exchange = exchange
        self._feed = feed
        self._time = exchange_time
        self._start_from = microseconds(start_from)
        self._max_heal = microseconds(max_heal)

    def steps(self, symbol: str, need: Need) -> Steps[Finding]:
        """Answer a symbol's need."""
        if isinstance(need, FindStart):
            return Finding((yield from self._find_start(symbol, need)))
        limit = yield from self._beyond_limit(symbol, need)
        if limit is not None:
            return Finding(limit)
        return (yield from self._fetch(symbol, need))

    def _find_start(self, symbol: str, need: FindStart) -> Steps[Answer]:
        reach = self._max_heal if need.resumed else self._start_from
        if reach:
            since = (yield from self._now()) - reach
            first = yield from self._exchange.first_since(symbol, self._feed, since)
            if first is not None:
                return StartFound(first)
        latest = yield from self._latest(symbol)
        return StartFound(None if latest is None else latest + 1)

    def _beyond_limit(self, symbol: str, need: Fetch) -> Steps[BeyondLimit | None]:
        """The ids, if any, that are older than the longest time that is healed."""
        if need.limited or need.clock == 0:
            return None
        since = (yield from self._now()) - self._max_heal
        if need.clock >= since:
            return None
        first = yield from self._exchange.first_since(symbol, self._feed, since)
        if first is None:
            latest = yield from self._latest(symbol)
            first = need.from_id if latest is None else latest + 1
        last_lost = first - 1 if need.to_id is None else min(first - 1, need.to_id)
        return BeyondLimit(need.from_id, last_lost) if last_lost >= need.from_id else None

    def _fetch(self, symbol: str, need: Fetch) -> Steps[Finding]:
        body = yield self._exchange.page_from(symbol, self._feed, need.from_id)
        rows = [self._checked(row) for row in self._exchange.parse_page(symbol, self._feed, body)]
        end = yield from self._end_of_page(symbol, need.from_id, rows)
        page, complete = judge_page(need, rows, end, self._exchange.limits.page)
        return Finding(page, complete, tuple(row for row in rows if isinstance(row, InvalidRow)))

    def _end_of_page(self, symbol: str, from_id: int, rows: list[Row]) -> Steps[PageEnd]:
        limits = self._exchange.limits
        if not limits.page_spans_ids:
            return end_by_count(from_id, rows, limits.page)
        is_full = last_served(from_id, rows) >= from_id + limits.page - 1
        newest = None if is_full else (yield from self._latest(symbol))
        return end_by_id(from_id, rows, limits.page, newest)

    def _latest(self, symbol: str) -> Steps[int | None]:
        body = yield self._exchange.latest(symbol, self._feed)
        return self._exchange.parse_latest_id(self._feed, body)

    def _now(self) -> Steps[int]:
        """The exchange's time, at most a second old."""
        recent = self._time.recent(_RECENT)
        if recent is not None:
            return recent
        body = yield self._exchange.server_time()
        return self._time.learn(self._exchange.parse_server_time(body))

    def _checked(self, row: Row) -> Row:
        if isinstance(row, ExchangeTrade) and not self._time.plausible(row.time):
            return InvalidRow(row.id, f"time {row.time} is more than 1 h ahead of the exchange's")
        return row
