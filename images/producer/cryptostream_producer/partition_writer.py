"""The thread that owns one partition: its symbols' sequencers and its log. Nothing else touches either."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from cryptostream_model.logs import get_logger
from cryptostream_model.records import Gap, Progress, Record, Trade
from cryptostream_producer.events import Confirmed, Doubted, Event, HandedOver, Healed, Lost, Subscribed
from cryptostream_producer.fencing import Fenced
from cryptostream_producer.inbox import Inbox
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.needs import Answer, Fetch, Need, Page, StartFound
from cryptostream_producer.partition_log import (
    LogBrokenError,
    PartitionLog,
    StoppedError,
    TakenOverError,
    latest_writer,
)
from cryptostream_producer.sequence import HeldBudget, Sequencer
from cryptostream_producer.settings import ProducerSettings

_LOG = get_logger(__name__)
_IDLE_SECONDS = 0.25
_QUICK_LOOK_SECONDS = 2.0
_RESTART_SECONDS = 0.5
_LOOK_AGAIN_SECONDS = 0.2
_BLOCKED_COMMIT_SECONDS = 5.0
_ALMOST = 0.8
"""Times are confirmed once an interval: one that comes a little early must not make a symbol wait for the next."""


class ForeignStreamError(Exception):
    """The topic belongs to another exchange or feed than the settings say."""


class Healing(Protocol):
    """Answers needs in the background."""

    def request(self, symbol: str, need: Need, deliver: Callable[[Answer], None]) -> None: ...


@dataclass(slots=True)
class _Symbol:
    sequencer: Sequencer
    written_at: float = 0.0
    catching_up: bool = True
    asked: int | None = None
    ask_at: float | None = None


class PartitionWriter:
    """Runs until stopped, fenced or failed for good; ``failed`` then holds the reason that ends the process."""

    def __init__(
        self,
        settings: ProducerSettings,
        partition: int,
        writer: str,
        healing: Healing,
        metrics: ProducerMetrics,
        inbox: Inbox,
        held_limit: int,
        on_fenced: Callable[[Fenced], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self.partition = partition
        self.inbox = inbox
        self.waiting_for: str | None = "not started"
        self._settings = settings
        self._connection = settings.librdkafka()
        self._stream = settings.stream
        self._writer = writer
        self._healing = healing
        self._metrics = metrics
        self._on_fenced = on_fenced
        self._on_failed = on_failed
        self._budget = HeldBudget(held_limit)
        self._names = settings.symbols_by_partition[partition]
        self._symbols: dict[str, _Symbol] = {}
        self._subscribed_at: dict[int, float] = {}
        self._requests = 0
        self._signed_at: int | None = None
        self._committed_at = monotonic()
        self._began_at: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"partition-{partition}", daemon=True)
        self._commit_interval = settings.commit_interval.total_seconds()
        self._timeout = settings.transaction_timeout.total_seconds()
        self._heal_delay = settings.heal_delay.total_seconds()
        self._quiet = settings.progress_interval.total_seconds()
        metrics.queue_depth.labels(str(partition)).set_function(lambda: len(inbox))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what is written and end; ``join`` waits for it."""
        self._stopping.set()
        self.inbox.wake()

    def join(self, timeout: float) -> bool:
        """True when the thread has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def unready(self) -> str | None:
        """Why this partition is not being written now; None when it is."""
        if self.waiting_for is not None:
            return f"partition {self.partition}: {self.waiting_for}"
        began_at = self._began_at
        if began_at is not None and monotonic() - began_at > _BLOCKED_COMMIT_SECONDS:
            return f"partition {self.partition}: a transaction is open for {monotonic() - began_at:.0f} s"
        return None

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._once()
        except StoppedError:
            pass
        except TakenOverError as error:
            self._on_fenced(Fenced(str(self._stream), self.partition, error.writer))
        except Exception as error:  # noqa: BLE001 - whatever ends this thread must end the process
            self._on_failed(error)

    def _once(self) -> None:
        """Open the log, write until it breaks, and find out whether it may be opened again."""
        log: PartitionLog | None = None
        self.waiting_for = "waiting for Kafka"
        self._began_at = None
        try:
            log = PartitionLog(
                self._connection,
                self._stream,
                self.partition,
                self._writer,
                self._timeout,
                self._stopping.is_set,
                self._waits,
            )
            self._open(log)
            self._serve(log)
        except LogBrokenError as error:
            self.waiting_for = str(error)
            self._metrics.partition_restarts.labels(str(self.partition)).inc()
            _LOG.warning(
                "transaction failed, beginning anew from the committed positions",
                partition=self.partition,
                fencing=error.fencing,
                reason=str(error),
            )
            self._began_at = None
            if log is not None:
                log.discard()
            self._let_other_writer_sign(error.fencing)
        finally:
            if log is not None:
                log.discard()

    def _waits(self, reason: str | None) -> None:
        self.waiting_for = reason

    def _let_other_writer_sign(self, fencing: bool) -> None:
        """Before opening anew after a failure: look whether another process has signed the partition.

        An epoch that was used up soon after our last commit means a takeover whose signature is under way. Later the
        broker may have timed our own transaction out; a takeover then gets its transaction timeout to sign. Opening
        looks once more after it has fenced everybody, so a signature in between is not missed.
        """
        if self._signed_at is None:
            self._stopping.wait(_RESTART_SECONDS)
            return
        patience = 0.0
        if fencing:
            recent = monotonic() - self._committed_at < self._timeout
            patience = _QUICK_LOOK_SECONDS if recent else self._timeout + _QUICK_LOOK_SECONDS
        deadline = monotonic() + patience
        while not self._stopping.is_set():
            try:
                writer = latest_writer(
                    self._connection, self._stream, self.partition, self._signed_at, self._stopping.is_set
                )
            except LogBrokenError as trouble:
                self.waiting_for = str(trouble)
            else:
                if writer is not None and writer != self._writer:
                    raise TakenOverError(writer)
                if monotonic() >= deadline:
                    return
            self._stopping.wait(_LOOK_AGAIN_SECONDS)

    def _open(self, log: PartitionLog) -> None:
        positions = log.open(self._signed_at)
        self._signed_at = log.writer_offset
        self._committed_at = monotonic()
        settings = self._settings
        for position in positions.values():
            if (position.exchange, position.feed) != (settings.exchange, settings.feed):
                raise ForeignStreamError(
                    f"{self._stream.trades_topic} holds {position.exchange} {position.feed}, the settings say "
                    f"CRYPTOSTREAM_EXCHANGE = {settings.exchange!r}, CRYPTOSTREAM_FEED = {settings.feed!r}: "
                    "neither can change within a stream, use a stream of another name"
                )
        self._budget.used = 0
        self._symbols = {
            name: _Symbol(
                Sequencer(settings.exchange, name, settings.feed, positions.get(name), self._budget), monotonic()
            )
            for name in self._names
        }
        for connection in self._subscribed_at:
            self._each_subscribed(connection)
        _LOG.info(
            "partition opened",
            partition=self.partition,
            symbols={
                name: None if symbol.sequencer.next_id is None else symbol.sequencer.next_id - 1
                for name, symbol in self._symbols.items()
            },
        )

    def _serve(self, log: PartitionLog) -> None:
        self.waiting_for = None
        while not self._stopping.is_set():
            self._ask_due()
            item = self.inbox.take(monotonic() + self._until_due(_IDLE_SECONDS))
            if item is not None:
                self._transact(log, item)
            self._observe()

    def _transact(self, log: PartitionLog, item: object) -> None:
        """Consume items for one commit interval; a transaction is open from the first record on."""
        written: list[Record] = []
        deadline = monotonic() + self._commit_interval
        following: object | None = item
        while following is not None:
            records = self._consume(following)
            if records:
                if not written:
                    self._began_at = monotonic()
                    log.begin()
                log.write(records)
                written += records
            if len(written) >= self._settings.transaction_records or self._stopping.is_set():
                break
            following = self.inbox.take(deadline) if monotonic() < deadline else None
        if written:
            self._commit(log, written)

    def _commit(self, log: PartitionLog, written: Sequence[Record]) -> None:
        moved = {record.symbol for record in written}
        log.commit(self._symbols[name].sequencer.position() for name in moved)
        self._signed_at = log.writer_offset
        self._committed_at = monotonic()
        began_at, self._began_at = self._began_at or self._committed_at, None
        for name in moved:
            self._symbols[name].written_at = self._committed_at
            self._metrics.clock.labels(name).set(self._symbols[name].sequencer.clock / 1e6)
        self._metrics.transactions.labels(str(self.partition)).inc()
        self._metrics.transaction_seconds.observe(self._committed_at - began_at)
        self._count(written)

    def _consume(self, item: object) -> Sequence[Record]:
        if type(item) is tuple:
            connection, trade = item
            symbol = self._symbols[trade.symbol]
            records = symbol.sequencer.live(trade, connection)
            if not records and symbol.asked is None and symbol.ask_at is None:
                self._ask_later(symbol)
            return records
        return self._react(item)  # type: ignore[arg-type]

    def _react(self, event: Event) -> Sequence[Record]:
        match event:
            case Subscribed(connection):
                self._subscribed_at[connection] = monotonic()
                self._each_subscribed(connection)
            case Lost(connection):
                self._subscribed_at.pop(connection, None)
                for symbol in self._symbols.values():
                    symbol.sequencer.lost(connection)
            case HandedOver(old, new):
                for symbol in self._symbols.values():
                    symbol.sequencer.handed_over(old, new)
            case Doubted(name):
                for symbol in self._symbols.values() if name is None else filter(None, [self._symbols.get(name)]):
                    symbol.sequencer.doubted()
                    self._ask_later(symbol)
            case Confirmed(connection, time):
                return self._progress(connection, time)
            case Healed():
                return self._healed(event)
        return ()

    def _each_subscribed(self, connection: int) -> None:
        for symbol in self._symbols.values():
            symbol.sequencer.subscribed(connection)
            self._ask_later(symbol)

    def _progress(self, connection: int, time: int) -> list[Record]:
        quiet_since = monotonic() - self._quiet * _ALMOST
        records: list[Record] = []
        for symbol in self._symbols.values():
            if symbol.written_at <= quiet_since:
                record = symbol.sequencer.progress(connection, time)
                if record is not None:
                    records.append(record)
        return records

    def _healed(self, event: Healed) -> Sequence[Record]:
        symbol = self._symbols[event.symbol]
        if symbol.asked != event.number:
            return ()
        symbol.asked = None
        records = symbol.sequencer.answered(event.need, event.answer)
        if isinstance(event.answer, Page):
            symbol.catching_up = not event.answer.at_newest
        elif isinstance(event.answer, StartFound):
            symbol.catching_up = event.answer.next_id is not None
        self._ask_later(symbol, following=True)
        return records

    def _ask_later(self, symbol: _Symbol, following: bool = False) -> None:
        """Plan the symbol's next request. A page follows the one before at once; all else waits a little.

        A missing id may still come by itself. A check for the newest trade vouches for nothing right after subscribing,
        and needs not be made where a live trade comes first.
        """
        need = symbol.sequencer.need()
        if need is None or symbol.asked is not None:
            return
        bounded = isinstance(need, Fetch) and need.to_id is not None
        if symbol.catching_up or (bounded and following):
            delay = 0.0
        else:
            delay = self._heal_delay if bounded or symbol.sequencer.held else self._quiet
        due = monotonic() + delay
        if symbol.ask_at is None or due < symbol.ask_at:
            symbol.ask_at = due

    def _ask_due(self) -> None:
        now = monotonic()
        for name, symbol in self._symbols.items():
            if symbol.ask_at is not None and symbol.ask_at <= now:
                symbol.ask_at = None
                self._ask(name, symbol, now)

    def _ask(self, name: str, symbol: _Symbol, now: float) -> None:
        newest = max(self._subscribed_at.values(), default=now)
        need = symbol.sequencer.need(vouching=now - newest >= self._quiet)
        if need is None:
            return
        self._requests += 1
        number = symbol.asked = self._requests
        self._healing.request(name, need, lambda answer: self.inbox.put_event(Healed(name, number, need, answer)))

    def _until_due(self, longest: float) -> float:
        now = monotonic()
        dues = [symbol.ask_at - now for symbol in self._symbols.values() if symbol.ask_at is not None]
        return max(0.0, min([longest, *dues]))

    def _count(self, batch: Sequence[Record]) -> None:
        metrics = self._metrics
        trades = [record for record in batch if type(record) is Trade]
        metrics.records.labels("trade").inc(len(trades))
        metrics.backfilled.inc(sum(record.backfilled for record in trades))
        metrics.records.labels("progress").inc(sum(type(record) is Progress for record in batch))
        for record in batch:
            if type(record) is Gap:
                metrics.records.labels("gap").inc()
                metrics.gaps_unfillable.labels(record.reason).inc()
                _LOG.warning(
                    "ids are not to be had",
                    symbol=record.symbol,
                    from_id=record.from_id,
                    to_id=record.to_id,
                    reason=record.reason,
                )

    def _observe(self) -> None:
        metrics, partition = self._metrics, str(self.partition)
        metrics.held.labels(partition).set(self._budget.used)
        metrics.gaps_open.labels(partition).set(sum(not symbol.sequencer.settled for symbol in self._symbols.values()))
        for symbol in self._symbols.values():
            counts = symbol.sequencer.counts
            if counts.any():
                metrics.duplicates.inc(counts.duplicates)
                metrics.overflowed.inc(counts.overflowed)
                metrics.implausible.inc(counts.implausible)
                metrics.gaps_opened.inc(counts.gaps_opened)
                metrics.gaps_healed.inc(counts.gaps_healed)
                symbol.sequencer.counts = type(counts)()
