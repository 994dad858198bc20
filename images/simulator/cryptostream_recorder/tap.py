"""Hears an exchange's own words on their way to the module that reads them."""

import threading
from collections.abc import Callable
from typing import Any, cast

from cryptostream_producer.exchanges.base import Exchange, ExchangeTrade, Frame, Row


class FrameTap:
    """What an exchange module is given to read, as it came.

    Frames without a trade are told to ``on_other`` at once. Of a trade the frame waits in ``latest`` for whoever judges
    the trade on the same thread, since one that reads well may still be refused. Pages with trades in them are told to
    ``on_page`` with their symbol.
    """

    def __init__(self, on_other: Callable[[bytes], None], on_page: Callable[[str, bytes], None]) -> None:
        self._on_other = on_other
        self._on_page = on_page
        self._of_thread = threading.local()

    @property
    def latest(self) -> bytes:
        """The frame of the trade that this thread has read last."""
        frame: bytes = self._of_thread.frame
        return frame

    def attached_to(self, exchange: Exchange) -> Exchange:
        """The same exchange, with this tap in its parsers."""
        return cast("Exchange", _TappedExchange(exchange, self))

    def frame(self, frame: bytes, message: Frame) -> None:
        if isinstance(message, ExchangeTrade):
            self._of_thread.frame = frame
        else:
            self._on_other(frame)

    def page(self, symbol: str, body: bytes, rows: list[Row]) -> None:
        if rows:
            self._on_page(symbol, body)


class _TappedExchange:
    """Passes everything on but what the parsers are given."""

    def __init__(self, exchange: Exchange, tap: FrameTap) -> None:
        self._exchange = exchange
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def parse_frame(self, frame: bytes, feed: str) -> Frame:
        message = self._exchange.parse_frame(frame, feed)
        self._tap.frame(frame, message)
        return message

    def parse_page(self, symbol: str, feed: str, body: bytes) -> list[Row]:
        rows = self._exchange.parse_page(symbol, feed, body)
        self._tap.page(symbol, body, rows)
        return rows
