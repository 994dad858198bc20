"""What the connections deliver: frames to the file, trades and events to the bookkeeping."""

import time
from collections.abc import Callable, Collection

from cryptostream_producer.connection import Connection
from cryptostream_producer.events import Announced, Doubted, HandedOver, Lost, Subscribed
from cryptostream_producer.exchanges.base import BadMessageError, ExchangeTrade, Heartbeat
from cryptostream_producer.inbox import Inbox
from cryptostream_recorder.account import Account
from cryptostream_recorder.file import RecordingFile
from cryptostream_recorder.format import answer_line, frame_line, unreadable_line
from cryptostream_recorder.tap import FrameTap


def host_microseconds() -> int:
    """The host's time, UTC microseconds: when a line was received."""
    return time.time_ns() // 1000


class RecordingListener:
    """Called on the connections' reader threads, and by the tap on those that ask REST."""

    def __init__(
        self,
        file: RecordingFile,
        inbox: Inbox,
        account: Account,
        symbols: Collection[str],
        stopping: Callable[[], bool],
    ) -> None:
        self.tap = FrameTap(self._other, self._page)
        self._file = file
        self._inbox = inbox
        self._account = account
        self._symbols = frozenset(symbols)
        self._stopping = stopping

    def trade(self, connection: Connection, trade: ExchangeTrade) -> bool:
        if trade.symbol not in self._symbols:
            return True
        self._file.append(frame_line(host_microseconds(), self.tap.latest))
        return self._inbox.put_trade(connection.number, trade, self._stopping)

    def unreadable(self, connection: Connection, frame: bytes, error: BadMessageError) -> None:  # noqa: ARG002
        self._account.unreadable += 1
        self._file.append(unreadable_line(host_microseconds(), frame, error.reason))
        self._inbox.put_event(Doubted(error.symbol if error.symbol in self._symbols else None))

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        if heartbeat.last_id is not None and heartbeat.symbol in self._symbols:
            self._inbox.put_event(Announced(heartbeat.symbol, heartbeat.last_id))

    def ignored(self, kind: str) -> None:
        """Frames without a trade are in the file already."""

    def subscribed(self, connection: Connection) -> None:
        self._account.connections += 1
        self._inbox.put_event(Subscribed(connection.number))

    def confirmed(self, connection: Connection, time: int) -> None:
        """A recording keeps no record of progress."""

    def handed_over(self, old: Connection, new: int) -> None:
        self._inbox.put_event(HandedOver(old.number, new))

    def lost(self, connection: Connection) -> None:
        self._inbox.put_event(Lost(connection.number))

    def _other(self, frame: bytes) -> None:
        self._file.append(frame_line(host_microseconds(), frame))

    def _page(self, symbol: str, body: bytes) -> None:
        self._file.append(answer_line(host_microseconds(), symbol, body))
