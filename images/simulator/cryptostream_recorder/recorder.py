"""One recording: the producer's connections and healing, with a file in place of Kafka."""

import threading
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from cryptostream_model.logs import get_logger
from cryptostream_producer.connection import Connection, ConnectionLimits
from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import InvalidRow
from cryptostream_producer.feed import Feed
from cryptostream_producer.healing import Healer, HealingLimits
from cryptostream_producer.inbox import Inbox
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.rest import RestClient
from cryptostream_producer.settings import ProducerSettings
from cryptostream_producer.startup import StartupChecks
from cryptostream_producer.symbol_book import SymbolBook
from cryptostream_recorder.account import Account
from cryptostream_recorder.bookkeeping import Bookkeeping
from cryptostream_recorder.file import RecordingFile, check_writable
from cryptostream_recorder.format import closing_line, first_id_line, header_line
from cryptostream_recorder.listener import RecordingListener, host_microseconds

_LOG = get_logger(__name__)
_LOOK_SECONDS = 0.25
_FLUSH_SECONDS = 2.0
_FINISH_PATIENCE = 30.0
_LONGEST_RETRY = 2.0
"""Shorter than the producer's: at the end of a recording somebody waits for the last tries."""
_NO_LIMIT = timedelta(days=36_500)


class RecordingFailedError(Exception):
    """The recording ended before it was to; the text says why."""


class Recorder:
    """Records until it is stopped, for a time, or up to a size. ``waiting_for`` says why nothing comes in now."""

    def __init__(self, settings: ProducerSettings, path: Path, force: bool = False, largest: int | None = None) -> None:
        """``largest``: bytes at which the recording ends. Raises UnusableFileError."""
        check_writable(path, force)
        self.account = Account(settings.symbols)
        self.size = 0
        self.waiting_for: str | None = "not connected yet"
        self.ended_by: str | None = None
        self._settings = settings
        self._path = path
        self._force = force
        self._largest = largest
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._books: Bookkeeping | None = None

    @property
    def open_gaps(self) -> int:
        """Symbols of which ids are missing now."""
        return self._books.open_gaps() if self._books is not None else 0

    def stop(self, reason: str) -> None:
        """End in order; a second time: without waiting for what is missing."""
        if self._stopping.is_set():
            self._hurry.set()
        self.ended_by = self.ended_by or reason
        self._stopping.set()

    def run(self, duration: float | None = None) -> dict[str, Any]:
        """Record for ``duration`` seconds or until ``stop``; returns the closing line's summary.

        Raises ConfigurationError for symbols that the exchange does not know, UnusableFileError, and
        RecordingFailedError where the disk refused or the exchange was never reached; what has been received is in
        the file.
        """
        clock = threading.Timer(duration or 0, self.stop, ["duration"])
        clock.daemon = True
        if duration is not None:
            clock.start()
        settings, metrics = self._settings, ProducerMetrics()
        market = settings.market
        rest = RestClient(
            market,
            settings.rest_url or market.default_rest_url(settings.feed),
            settings.rest_timeout.total_seconds(),
            settings.rest_share,
            settings.rest_total,
            metrics,
        )
        try:
            exchange_time = ExchangeTime(market, rest)
            checks = StartupChecks(settings, self._stopping, self._report)
            checks.check_symbols(market, rest, exchange_time, settings.symbols)
            if self._stopping.is_set():
                raise RecordingFailedError(f"nothing was recorded: {self.waiting_for}")
            return self._record(rest, exchange_time, metrics)
        finally:
            clock.cancel()
            rest.close()

    def _record(self, rest: RestClient, exchange_time: ExchangeTime, metrics: ProducerMetrics) -> dict[str, Any]:
        settings = self._settings
        file = RecordingFile(self._path, self._force)
        file.append(header_line(settings.exchange, settings.feed, settings.symbols, host_microseconds()))
        file.flush()
        inbox = Inbox(settings.queue_size)
        listener = RecordingListener(file, inbox, self.account, settings.symbols, self._stopping.is_set)
        healer = self._healer(listener, rest, exchange_time)
        book = SymbolBook(
            settings.exchange,
            settings.feed,
            settings.symbols,
            healer,
            inbox.put_event,
            settings.held_size,
            settings.heal_delay.total_seconds(),
            settings.progress_interval.total_seconds(),
        )
        self._books = books = Bookkeeping(
            inbox, book, self.account, lambda symbol, first: file.append(first_id_line(symbol, first))
        )
        feed = Feed(
            lambda number: self._connection(number, listener, exchange_time),
            metrics,
            settings.rotate_after.total_seconds(),
            settings.reconnect_cap.total_seconds(),
            settings.connection_attempts,
        )
        parts = (exchange_time, healer, books, feed)
        for part in parts:
            part.start()
        try:
            self._watch(file, feed, books)
            feed.stop()
            self._finish(books)
        finally:
            healer.stop()
            exchange_time.stop()
            books.end()
            summary = self.account.describe()
            file.append(closing_line(host_microseconds(), self.ended_by or "failure", summary))
            file.close()
            self.size = file.size
        self._raise_failure(file, books)
        return summary

    def _watch(self, file: RecordingFile, feed: Feed, books: Bookkeeping) -> None:
        flush_at = monotonic() + _FLUSH_SECONDS
        while not self._stopping.wait(_LOOK_SECONDS):
            self._report(feed.unready())
            if monotonic() >= flush_at:
                file.flush()
                flush_at = monotonic() + _FLUSH_SECONDS
            self.size = file.size
            if file.failure is not None or books.failure is not None:
                self.stop("failure")
            elif self._largest is not None and file.size >= self._largest:
                self.stop("max-size")

    def _finish(self, books: Bookkeeping) -> None:
        deadline = monotonic() + _FINISH_PATIENCE
        while monotonic() < deadline and not self._hurry.is_set() and not books.finished(_LOOK_SECONDS):
            self._report("waiting for missing ids" if books.open_gaps() else None)

    def _raise_failure(self, file: RecordingFile, books: Bookkeeping) -> None:
        if file.failure is not None:
            raise RecordingFailedError(file.failure)
        if books.failure is not None:
            raise RecordingFailedError(f"{type(books.failure).__name__}: {books.failure}")
        if not self.account.connections:
            raise RecordingFailedError(f"nothing was recorded: {self.waiting_for}")

    def _healer(self, listener: RecordingListener, rest: RestClient, exchange_time: ExchangeTime) -> Healer:
        """Heals whatever is missing, however old; begins with the first trade after the start."""
        settings = self._settings
        limits = HealingLimits(
            timedelta(0),
            _NO_LIMIT,
            settings.heal_attempts,
            settings.heal_retry.total_seconds(),
            min(_LONGEST_RETRY, settings.heal_retry_cap.total_seconds()),
        )
        market = listener.tap.attached_to(settings.market)
        return Healer(market, settings.feed, rest, exchange_time, limits, settings.heal_workers, self._bad_row)

    def _connection(self, number: int, listener: RecordingListener, exchange_time: ExchangeTime) -> Connection:
        settings = self._settings
        limits = ConnectionLimits(
            settings.connect_timeout.total_seconds(),
            settings.silence_timeout.total_seconds(),
            settings.progress_interval.total_seconds(),
            settings.progress_settle.total_seconds(),
        )
        url = settings.websocket_url or settings.market.default_websocket_url(settings.feed)
        market = listener.tap.attached_to(settings.market)
        return Connection(number, url, market, settings.feed, settings.symbols, limits, exchange_time, listener)

    def _bad_row(self, symbol: str, row: InvalidRow) -> None:
        _LOG.warning("a trade that the exchange serves unreadable", symbol=symbol, id=row.id, reason=row.reason)

    def _report(self, reason: str | None) -> None:
        self.waiting_for = reason
