"""Answers what symbols need over REST: a few threads, one request a symbol at a time, retries with delay."""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from cryptostream_model.logs import get_logger
from cryptostream_producer.backoff import Backoff
from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import BadMessageError, Exchange, InvalidRow
from cryptostream_producer.inquiry import Finding, Inquiry
from cryptostream_producer.lookup import Lookup
from cryptostream_producer.needs import Answer, Need
from cryptostream_producer.rest import RestClient, RestRefusedError, RestUnavailableError, WeightUsedUpError

_LOG = get_logger(__name__)

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
    lookup: Lookup[Finding] | None = None


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
        self._inquiry = Inquiry(exchange, feed, exchange_time, limits.start_from, limits.max_heal)
        self._rest = rest
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
        if task.lookup is None:
            task.lookup = Lookup(self._inquiry.steps(task.symbol, task.need))
        try:
            finding = task.lookup.run(self._rest.get)
        except BadMessageError:
            task.lookup = None
            raise
        task.lookup = None
        task.answers += 1
        if finding.complete:
            return finding.answer
        if task.answers < self._limits.attempts:
            return None
        for row in finding.invalid:
            self._bad_row(task.symbol, row)
        return finding.answer
