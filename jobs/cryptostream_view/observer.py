"""Watches a running stream: what Kafka and the database tell, as a snapshot at any moment."""

import threading
import time
from collections.abc import Mapping, Sequence

from cryptostream_view.database_feed import DatabaseFeed
from cryptostream_view.decoding import Arrivals
from cryptostream_view.folded import FoldedStream
from cryptostream_view.latency import LatencySummary
from cryptostream_view.rows import DatabasePoll
from cryptostream_view.settings import ViewSettings
from cryptostream_view.snapshot import Notice, Snapshot
from cryptostream_view.trade_feed import TradeFeed


class StreamObserver:
    """Reads only, in two threads. It starts and goes on while Kafka or the database are away, and says so."""

    def __init__(self, settings: ViewSettings, symbols: Sequence[str], since: int) -> None:
        """``symbols`` are shown first, in this order; others of the stream follow. ``since`` (UTC microseconds): the
        first clock to read trades from, and the time from which batches are matched with them.
        """
        self._lock = threading.Lock()
        self._folded = FoldedStream(str(settings.stream), symbols)
        self._trades = TradeFeed(settings.librdkafka(), settings.stream.trades_topic, since, self._take_arrivals)
        self._database = DatabaseFeed(
            settings.database_url.get_secret_value(), settings.stream, since, self._cursors, self._take_poll
        )

    def start(self) -> None:
        self._trades.start()
        self._database.start()

    def stop(self) -> None:
        self._trades.stop()
        self._database.stop()

    def mark_live(self, moment: int) -> None:
        """Measure the latency of trades sent at or after ``moment``, UTC microseconds; those before catch up."""
        with self._lock:
            self._folded.meter.mark_live(moment)

    def snapshot(self) -> Snapshot:
        """What is known now."""
        with self._lock:
            return self._folded.snapshot(
                time.time_ns() // 1000,
                time.monotonic(),
                self._trades.source.snapshot(),
                self._database.source.snapshot(),
            )

    def report(self, text: str) -> None:
        """Show a sentence about what happens around the stream, such as a part that is started again."""
        with self._lock:
            self._folded.take_notice(Notice(time.time_ns() // 1000, " ".join(text.split())))

    def first_alert_seconds(self) -> float | None:
        """Seconds from the live moment to when the first alert that is not of history was written; None if none was."""
        with self._lock:
            live_since = self._folded.meter.live_since
            alerts = self._folded.alerts.newest_first(time.time_ns() // 1000)
        if live_since is None:
            return None
        written = (alert.written_at for alert in alerts if not alert.backfilled and alert.written_at >= live_since)
        first = min(written, default=None)
        return None if first is None else (first - live_since) / 1e6

    def catch_up_trades(self) -> int:
        """Measured trades that were sent before the live moment."""
        with self._lock:
            return self._folded.meter.catch_up

    def unmeasured_trades(self) -> int:
        """Trades of which it is not known which batch covered them first; `latency` lacks them."""
        with self._lock:
            return self._folded.meter.unmeasured

    def latency(self) -> LatencySummary:
        """Of all trades since the live moment."""
        with self._lock:
            return self._folded.meter.total()

    def _take_arrivals(self, arrivals: Arrivals) -> None:
        with self._lock:
            self._folded.take_arrivals(arrivals, time.monotonic())

    def _take_poll(self, poll: DatabasePoll) -> None:
        with self._lock:
            self._folded.take_poll(poll, time.monotonic())

    def _cursors(self) -> Mapping[str, int]:
        with self._lock:
            return self._folded.market.cursors()
