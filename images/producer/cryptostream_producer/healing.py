"""Answers what symbols need over REST: a few threads, one request a symbol at a time, retries with delay."""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from cryptostream_model.logs import get_logger
from cryptostream_model.settings import microseconds
from cryptostream_producer.backoff import Backoff
from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import BadMessageError, Exchange, ExchangeTrade, InvalidRow, RestRequest, Row
from cryptostream_producer.lookup import Lookup
from cryptostream_producer.needs import Answer, BeyondLimit, Fetch, FindStart, Need, StartFound
from cryptostream_producer.paging import PageEnd, end_by_count, end_by_id, judge_page, last_served
from cryptostream_producer.rest import RestClient, RestRefusedError, RestUnavailableError, WeightUsedUpError

_LOG = get_logger(__name__)

_RECENT = 1.0

BadRow = Callable[[str, InvalidRow], None]


@dataclass(frozen=True, slots=True)
class HealingLimits:
    """``start_from`` and ``max_heal`` as in the settings; ``attempts`` answers lacking an id before it is given up."""

    start_from: timedelta
    max_heal: timedelta
    attempts: int
    first_delay: float
    longest_delay: float


@dataclass(slots=True)
class _Task:
    symbol: str
    need: Need
    deliver: Callable[[Answer], None]
    backoff: Backoff
    answers: int = 0
    troubles: int = 0
    lookup: Lookup | None = None


@dataclass(order=True, slots=True)
class _Scheduled:
    due: float
    number: int
    task: _Task = field(compare=False)


class Healer:
    """Thread-safe. An unreachable or limiting exchange is retried for ever; an answer that lacks ids, a few times."""

    def __init__(
        self,
        exchange: Exchange,
        feed: str,
        rest: RestClient,
        exchange_time: ExchangeTime,
        limits: HealingLimits,
        workers: int,
        bad_row: BadRow,
    ) -> None:
        self._exchange = exchange
        self._feed = feed
        self._rest = rest
        self._time = exchange_time
        self._limits = limits
        self._bad_row = bad_row
        self._queue: list[_Scheduled] = []
        self._numbers = itertools.count()
        self._ready = threading.Condition()
        self._stopped = False
        self._threads = [threading.Thread(target=self._run, name=f"heal-{n}", daemon=True) for n in range(workers)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._ready:
            self._stopped = True
            self._queue.clear()
            self._ready.notify_all()

    def request(self, symbol: str, need: Need, deliver: Callable[[Answer], None]) -> None:
        """Answer ``need`` in the background; ``deliver`` is called once, on another thread."""
        backoff = Backoff(self._limits.first_delay, self._limits.longest_delay)
        self._schedule(_Task(symbol, need, deliver, backoff), 0.0)

    def _schedule(self, task: _Task, delay: float) -> None:
        with self._ready:
            if not self._stopped:
                heapq.heappush(self._queue, _Scheduled(monotonic() + delay, next(self._numbers), task))
                self._ready.notify()

    def _next(self) -> _Task | None:
        with self._ready:
            while not self._stopped:
                wait = self._queue[0].due - monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._queue).task
                self._ready.wait(wait)
        return None

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                answer = self._answer(task)
            except WeightUsedUpError as error:
                self._schedule(task, error.delay)
                continue
            except (RestUnavailableError, RestRefusedError, BadMessageError) as error:
                task.troubles += 1
                delay = max(task.backoff.next_delay(), getattr(error, "delay", 0.0))
                if task.troubles in (1, 10) or task.troubles % 100 == 0:
                    _LOG.warning(
                        "cannot fetch trades, trying on", symbol=task.symbol, tries=task.troubles, error=str(error)
                    )
                self._schedule(task, delay)
                continue
            if answer is None:
                self._schedule(task, task.backoff.next_delay())
            else:
                task.deliver(answer)

    def _answer(self, task: _Task) -> Answer | None:
        """An answer, or None where it is worth asking again. Raises the REST client's errors and BadMessageError."""
        if isinstance(task.need, FindStart):
            return self._find_start(task, task.need)
        if (limit := self._beyond_limit(task, task.need)) is not None:
            return limit
        request = self._exchange.page_from(task.symbol, self._feed, task.need.from_id)
        rows = self._exchange.parse_page(task.symbol, self._feed, self._rest.get(request))
        rows = [self._checked(row) for row in rows]
        end = self._end_of_page(task.symbol, task.need.from_id, rows)
        page, complete = judge_page(task.need, rows, end, self._exchange.limits.page)
        task.answers += 1
        if complete:
            return page
        if task.answers < self._limits.attempts:
            return None
        for row in rows:
            if isinstance(row, InvalidRow):
                self._bad_row(task.symbol, row)
        return page

    def _end_of_page(self, symbol: str, from_id: int, rows: list[Row]) -> PageEnd:
        limits = self._exchange.limits
        if not limits.page_spans_ids:
            return end_by_count(from_id, rows, limits.page)
        is_full = last_served(from_id, rows) >= from_id + limits.page - 1
        return end_by_id(from_id, rows, limits.page, None if is_full else self._latest(symbol))

    def _find_start(self, task: _Task, need: FindStart) -> Answer:
        reach = self._limits.max_heal if need.resumed else self._limits.start_from
        if reach:
            first = self._first_since(task, lambda: self._time.ask() - microseconds(reach))
            if first is not None:
                return StartFound(first)
        latest = self._latest(task.symbol)
        return StartFound(None if latest is None else latest + 1)

    def _beyond_limit(self, task: _Task, need: Fetch) -> BeyondLimit | None:
        """The ids, if any, that are older than the longest time that is healed."""
        reach = microseconds(self._limits.max_heal)
        if need.limited or need.clock == 0 or need.clock >= self._time.recent(_RECENT) - reach // 2:
            return None
        since = self._time.ask() - reach
        if need.clock >= since:
            return None
        first = self._first_since(task, lambda: since)
        if first is None:
            latest = self._latest(task.symbol)
            first = need.from_id if latest is None else latest + 1
        last_lost = first - 1 if need.to_id is None else min(first - 1, need.to_id)
        return BeyondLimit(need.from_id, last_lost) if last_lost >= need.from_id else None

    def _first_since(self, task: _Task, since: Callable[[], int]) -> int | None:
        """The id of the first trade at or after a time. What was found so far outlives a REST client's error."""
        if task.lookup is None:
            task.lookup = Lookup(self._exchange.first_since(task.symbol, self._feed, since()))
        try:
            found = task.lookup.run(self._rest.get)
        except BadMessageError:
            task.lookup = None
            raise
        task.lookup = None
        return found

    def _latest(self, symbol: str) -> int | None:
        request: RestRequest = self._exchange.latest(symbol, self._feed)
        return self._exchange.parse_latest_id(self._feed, self._rest.get(request))

    def _checked(self, row: Row) -> Row:
        if isinstance(row, ExchangeTrade) and not self._time.plausible(row.time):
            return InvalidRow(row.id, f"time {row.time} is more than 1 h ahead of the exchange's")
        return row
