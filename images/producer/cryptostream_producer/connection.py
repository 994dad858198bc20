"""One WebSocket connection: connect, subscribe, read until it ends. One thread each.

The reader thread is the only one that touches the socket. Between frames it sends the subscribe messages in the
exchange's pace, and *barriers*: a ping whose pong proves that everything the exchange had sent before it is delivered.
"""

import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import websocket
from websocket import ABNF

from cryptostream_model.logs import get_logger
from cryptostream_producer.barrier import BarrierCycle
from cryptostream_producer.exchange_time import ExchangeTime, TimeReading
from cryptostream_producer.exchanges.base import (
    BadMessageError,
    Exchange,
    ExchangeTrade,
    Heartbeat,
    IgnoredFrame,
    ShutdownNotice,
    SubscriptionReply,
)

_LOG = get_logger(__name__)
_TICK_SECONDS = 0.05
_SUBSCRIBE_PATIENCE = 10.0
_LONGEST_CLOSE = 1.0
_BLOCKED_SECONDS = 1.0
_HEARTBEAT_PATIENCE = 3.0


class Listener(Protocol):
    """Where a connection's reader thread delivers to."""

    def trade(self, connection: "Connection", trade: ExchangeTrade) -> bool:
        """A trade; may block. False ends the connection."""
        ...

    def unreadable(self, connection: "Connection", frame: bytes, error: BadMessageError) -> None: ...

    def heartbeat(self, heartbeat: Heartbeat) -> None: ...

    def ignored(self, kind: str) -> None: ...

    def subscribed(self, connection: "Connection") -> None: ...

    def confirmed(self, connection: "Connection", time: int) -> None: ...

    def handed_over(self, old: "Connection", new: int) -> None: ...

    def lost(self, connection: "Connection") -> None: ...


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Seconds: how long to wait for the socket, for a frame, between barriers, and for a trade on its way."""

    connect: float
    silence: float
    progress: float
    settle: float


class ConnectionEndedError(Exception):
    """The connection is of no more use; the text says why."""


class Connection:
    """State flags are read by other threads; everything else belongs to the reader thread."""

    def __init__(
        self,
        number: int,
        url: str,
        exchange: Exchange,
        feed: str,
        symbols: tuple[str, ...],
        limits: ConnectionLimits,
        exchange_time: ExchangeTime,
        listener: Listener,
    ) -> None:
        self.number = number
        self.opened_at = monotonic()
        self.subscribed = False
        self.ended = False
        self.silent = False
        self.shutdown_noticed = False
        self.failure: str | None = None
        self._url = url
        self._exchange = exchange
        self._feed = feed
        self._symbols = symbols
        self._limits = limits
        self._time = exchange_time
        self._listener = listener
        self._closing = threading.Event()
        self._successor: int | None = None
        self._unsent = exchange.subscribe_messages(symbols, feed)[::-1]
        self._unanswered = {number for number, _ in self._unsent}
        self._send_at = 0.0
        self._heard_at = self._data_at = self.opened_at
        self._unblocked_at = 0.0
        self._beat_at = -_HEARTBEAT_PATIENCE
        self._event_time = 0
        self._barriers = BarrierCycle(limits.progress, limits.settle)
        self._socket: Any = None
        self._thread = threading.Thread(target=self._run, name=f"connection-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End soon."""
        self._closing.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def hand_over(self, successor: int) -> None:
        """Another connection has subscribed: confirm that everything before that is delivered, then end."""
        self._successor = successor

    def _run(self) -> None:
        try:
            self._connect()
            self._read()
        except ConnectionEndedError as error:
            self.failure = str(error)
        except (websocket.WebSocketException, OSError) as error:
            self.failure = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever a server makes the library do, the next connection helps
            _LOG.exception("connection failed in an unknown way", connection=self.number)
            self.failure = f"{type(error).__name__}: {error}"
        finally:
            self.subscribed = False
            self._listener.lost(self)
            self.ended = True
            self._shut()

    def _connect(self) -> None:
        self._socket = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
        self._socket.connect(
            self._exchange.websocket_endpoint(self._url), timeout=self._limits.connect, suppress_origin=True
        )
        self._socket.settimeout(_TICK_SECONDS)
        self.opened_at = self._heard_at = self._data_at = monotonic()

    def _read(self) -> None:
        receive = self._socket.recv_data_frame
        next_tick = 0.0
        while not self._closing.is_set():
            try:
                opcode, frame = receive(True)
            except websocket.WebSocketTimeoutException:
                now = monotonic()
                self._check_silence(now)
            else:
                now = monotonic()
                self._heard_at = now
                if opcode == ABNF.OPCODE_TEXT:
                    self._text(frame.data)
                elif opcode == ABNF.OPCODE_PONG:
                    self._pong(bytes(frame.data))
                elif opcode == ABNF.OPCODE_CLOSE:
                    raise ConnectionEndedError(
                        f"closed by the exchange: {bytes(frame.data[:2]).hex()} {frame.data[2:]!r}"
                    )
            if now >= next_tick:
                self._tick(now)
                next_tick = now + _TICK_SECONDS

    def _text(self, data: bytes) -> None:
        try:
            message = self._exchange.parse_frame(data, self._feed)
            if isinstance(message, ExchangeTrade):
                self._trade(message)
                return
        except BadMessageError as error:
            self._data_at = self._heard_at
            self._listener.unreadable(self, data, error)
            return
        match message:
            case SubscriptionReply(number, refusal):
                self._reply(number, refusal)
            case ShutdownNotice():
                self.shutdown_noticed = True
            case Heartbeat():
                self._heartbeat(message)
            case IgnoredFrame(kind):
                self._listener.ignored(kind)

    def _trade(self, trade: ExchangeTrade) -> None:
        later = max(trade.time, trade.event_time)
        if not self._time.plausible(later):
            raise BadMessageError(f"time {later} is more than 1 h ahead of the exchange's", trade.symbol, trade.id)
        self._event_time = max(self._event_time, trade.event_time)
        if not self._listener.trade(self, trade):
            self._closing.set()
        now = monotonic()
        if now - self._heard_at > _BLOCKED_SECONDS:
            self._unblocked_at = now
        self._heard_at = self._data_at = now

    def _heartbeat(self, heartbeat: Heartbeat) -> None:
        self._data_at = self._beat_at = self._heard_at
        if self._time.plausible(heartbeat.time):
            self._event_time = max(self._event_time, heartbeat.time)
        self._listener.heartbeat(heartbeat)

    def _reply(self, number: int | None, error: str | None) -> None:
        if error is not None:
            raise ConnectionEndedError(f"the exchange refused a subscription: {error}")
        if number is not None:
            self._unanswered.discard(number)
        if not self._unanswered and not self.subscribed:
            self.subscribed = True
            self._data_at = monotonic()
            self._listener.subscribed(self)

    def _pong(self, payload: bytes) -> None:
        barrier = self._barriers.returned(payload)
        if barrier is None:
            return
        if barrier.time is not None and not self.silent:
            self._listener.confirmed(self, barrier.time)
        if barrier.successor is not None:
            if not self.silent:
                self._listener.handed_over(self, barrier.successor)
            self._closing.set()

    def _tick(self, now: float) -> None:
        if now < self._send_at:
            return
        if self._unsent:
            self._send(ABNF.OPCODE_TEXT, self._unsent.pop()[1], now)
        elif not self.subscribed:
            if now - self._send_at > _SUBSCRIBE_PATIENCE:
                raise ConnectionEndedError("the exchange does not answer a subscription")
        elif not self._barriers.waiting:
            self._next_barrier(now)
        elif now - max(self._send_at, self._unblocked_at) > self._limits.silence:
            raise ConnectionEndedError(f"no pong for {self._limits.silence:.0f} s")
        if self.subscribed and now - self._data_at > self._limits.silence:
            self.silent = True

    def _next_barrier(self, now: float) -> None:
        reading = self._time.reading
        barrier = self._barriers.next(now, self._event_time, reading, self._successor)
        if barrier is not None:
            self._send(ABNF.OPCODE_PING, barrier.payload, now)
        elif self._successor is None and self._lacks_time(now, reading):
            self._time.want()

    def _lacks_time(self, now: float, reading: TimeReading | None) -> bool:
        """The exchange's time must be asked for: neither a trade nor a heartbeat has told it."""
        beats = now - self._beat_at <= _HEARTBEAT_PATIENCE
        return not beats and self._barriers.wants_reading(now, self._event_time, reading)

    def _send(self, opcode: int, payload: str | bytes, now: float) -> None:
        self._socket.send(payload, opcode)
        self._send_at = now + self._exchange.limits.message_interval

    def _check_silence(self, now: float) -> None:
        if now - self._heard_at > self._limits.silence:
            raise ConnectionEndedError(f"not a frame for {self._limits.silence:.0f} s")

    def _shut(self) -> None:
        if self._socket is None:
            return
        try:
            self._socket.close(timeout=_LONGEST_CLOSE)
        except (websocket.WebSocketException, OSError) as error:
            _LOG.debug("close failed", connection=self.number, error=str(error))
