"""The bounded queue between the socket readers and a partition's writer."""

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from cryptostream_producer.events import Event
from cryptostream_producer.exchanges.base import ExchangeTrade

LiveTrade = tuple[int, ExchangeTrade]
"""Number of the connection that delivered it, and the trade."""

Item = LiveTrade | Event


class Inbox:
    """Many producers, one consumer, first in first out.

    Live trades wait for room (so a writer that stands still makes the reader stop, and TCP the exchange); events always
    fit. ``deque`` operations are atomic, so the usual path takes no lock.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._items: deque[Item] = deque()
        self._filled = threading.Event()
        self._drained = threading.Event()

    def __len__(self) -> int:
        return len(self._items)

    def put_trade(self, connection: int, trade: ExchangeTrade, stopping: Callable[[], bool]) -> bool:
        """Append a live trade, waiting for room. False when ``stopping`` came true meanwhile."""
        if len(self._items) >= self.limit:
            while len(self._items) > self.limit // 2:
                if stopping():
                    return False
                self._drained.clear()
                self._drained.wait(0.1)
        self._items.append((connection, trade))
        if not self._filled.is_set():
            self._filled.set()
        return True

    def put_event(self, event: Event) -> None:
        self._items.append(event)
        self._filled.set()

    def wake(self) -> None:
        """Let a waiting consumer look around."""
        self._filled.set()

    def take(self, deadline: float) -> Item | None:
        """The oldest item, waiting until ``deadline`` (monotonic seconds); None when none came, or after a wake."""
        try:
            item = self._items.popleft()
        except IndexError:
            self._filled.clear()
            if not self._items:
                self._drained.set()
                self._filled.wait(max(0.0, deadline - monotonic()))
            try:
                item = self._items.popleft()
            except IndexError:
                return None
        if len(self._items) == self.limit // 2:
            self._drained.set()
        return item
