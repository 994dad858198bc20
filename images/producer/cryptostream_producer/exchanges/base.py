"""What an exchange module provides, and the values that it reads frames and answers into."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from cryptostream_model.records import Side


class ExchangeTrade(NamedTuple):
    """One trade as the exchange told it. Times in UTC microseconds, price and quantity as its decimal strings."""

    symbol: str
    id: int
    price: str
    quantity: str
    side: Side
    fills: int
    time: int
    event_time: int


@dataclass(frozen=True, slots=True)
class SubscriptionReply:
    """The answer to a subscribe message: ``error`` is None when the exchange accepted it.

    ``message_id`` is that of the message, None where a refusal does not tell.
    """

    message_id: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ShutdownNotice:
    """The exchange asks its clients to reconnect."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The exchange vouches that a quiet symbol's stream is alive.

    ``time`` is the exchange's (UTC microseconds). ``last_id`` is that of the symbol's last trade, which the stream may
    have lost; None where the exchange does not tell.
    """

    symbol: str
    time: int
    last_id: int | None


@dataclass(frozen=True, slots=True)
class IgnoredFrame:
    """A frame that carries no trade of the chosen feed; ``kind`` is its event name."""

    kind: str


Frame = ExchangeTrade | SubscriptionReply | ShutdownNotice | Heartbeat | IgnoredFrame


class BadMessageError(ValueError):
    """A frame or row that cannot be read; ``symbol`` and ``id`` are what could still be told of it."""

    def __init__(self, reason: str, symbol: str | None = None, trade_id: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.symbol = symbol
        self.trade_id = trade_id


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A GET request below the REST base URL, and what it costs of the exchange's request weight."""

    path: str
    weight: int
    parameters: Mapping[str, str | int] = field(default_factory=dict)


Search = Generator[RestRequest, bytes, int | None]
"""Requests one after the other, each answered by its body; returns an id. Raises BadMessageError."""


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row of a REST answer that is no readable trade; ``id`` is None when not even that can be told."""

    id: int | None
    reason: str


Row = ExchangeTrade | InvalidRow


@dataclass(frozen=True, slots=True)
class Limits:
    """What the exchange allows a client; the engine keeps to it."""

    streams_per_connection: int
    streams_per_message: int
    message_interval: float
    """Seconds between two messages of ours on one connection; leaves room for pongs."""
    page: int
    """Most trades that one REST answer holds."""
    page_spans_ids: bool
    """A page holds the trades of the next ``page`` ids; otherwise the next ``page`` trades, whatever their ids.

    Where it spans ids, a page that ends early may have later trades behind a hole.
    """
    rest_weight_per_minute: int
    """Request weight that an IP address may use."""
    rest_window: float
    """Seconds within which that weight is counted, in proportion."""


class Exchange(Protocol):
    """One exchange: endpoints, subscription, parsing and healing requests. Stateless; every method is pure."""

    @property
    def name(self) -> str: ...

    @property
    def feeds(self) -> Sequence[str]: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def symbol_pattern(self) -> re.Pattern[str]:
        """What a whole symbol matches."""
        ...

    @property
    def symbol_form(self) -> str:
        """How symbols are written, in words and with an example."""
        ...

    @property
    def trading_status(self) -> str:
        """The status in the symbol list of a symbol that is traded."""
        ...

    @property
    def rest_headers(self) -> Mapping[str, str]:
        """Headers that every REST request carries."""
        ...

    def default_websocket_url(self, feed: str) -> str: ...

    def default_rest_url(self, feed: str) -> str: ...

    def websocket_endpoint(self, base_url: str) -> str:
        """The URL to connect to, below the base URL of the settings."""
        ...

    def subscribe_messages(self, symbols: Sequence[str], feed: str) -> list[tuple[int, str]]:
        """Message id and text of each subscribe message; every one is answered by a SubscriptionReply with its id."""
        ...

    def parse_frame(self, frame: bytes, feed: str) -> Frame:
        """Read one frame. Raises BadMessageError for what should be a trade of the feed and is not readable."""
        ...

    def page_from(self, symbol: str, feed: str, first_id: int) -> RestRequest:
        """A page of the trades from ``first_id`` on; the answer may hold older ones too."""
        ...

    def parse_page(self, symbol: str, feed: str, body: bytes) -> list[Row]:
        """Read the answer to page_from, oldest first. Raises BadMessageError when it is no list."""
        ...

    def first_since(self, symbol: str, feed: str, time: int) -> Search:
        """Search the id of the first trade at or after a time (UTC microseconds); None where there is none."""
        ...

    def latest(self, symbol: str, feed: str) -> RestRequest:
        """The most recent trade."""
        ...

    def parse_latest_id(self, feed: str, body: bytes) -> int | None:
        """Largest id of the answer to latest, None when it holds no trade. Raises BadMessageError."""
        ...

    def server_time(self) -> RestRequest: ...

    def parse_server_time(self, body: bytes) -> int:
        """The exchange's time in UTC microseconds. Raises BadMessageError."""
        ...

    def symbol_list(self, symbols: Sequence[str] | None) -> RestRequest:
        """What the exchange knows of these symbols, or of all."""
        ...

    def is_unknown_symbol(self, status: int, body: bytes) -> bool:
        """Whether a refused request says that a symbol does not exist."""
        ...

    def parse_symbol_list(self, body: bytes) -> dict[str, str]:
        """Symbol -> trading status. Raises BadMessageError."""
        ...

    def used_weight(self, headers: Mapping[str, str]) -> int | None:
        """The weight used in the current window, where the answer's headers tell it."""
        ...
