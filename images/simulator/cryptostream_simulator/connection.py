"""One WebSocket connection: the form of its messages, its streams and its outgoing bytes."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from cryptostream_simulator.frames import close_frame, ping_frame, text_frame
from cryptostream_simulator.limits import SlidingLimit
from cryptostream_simulator.outgoing import Outgoing
from cryptostream_simulator.stream_faults import StreamKey


class StreamForm(Hashable, Protocol):
    """How an exchange writes trades on a connection; connections of equal form get the same bytes."""

    def messages(self, key: StreamKey, batch: Sequence[Outgoing], now: int) -> Iterable[str]:
        """One message a trade, sent at ``now`` (UTC microseconds)."""
        ...

    def shutdown_notice(self, now: int) -> str | None:
        """What announces that the exchange will close the connection; None where nothing does."""
        ...


Form_co = TypeVar("Form_co", bound=StreamForm, covariant=True)


class Connection(Generic[Form_co]):
    """Frames are written straight to the transport, one write a batch: cheaper than a call a message.

    ``streams``: names as subscribed to, and the stream of the tape behind each. Times of life in real seconds of
    ``clock``.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        form: Form_co,
        address: str,
        messages_per_second: int,
        send_buffer: int,
        clock: Callable[[], float],
    ) -> None:
        self.form = form
        self.address = address
        self.streams: dict[str, StreamKey | None] = {}
        self.incoming = SlidingLimit(messages_per_second, 1.0, clock)
        self.opened = clock()
        self.close_at: float | None = None
        self.pinged = self.opened
        self.answered = self.opened
        self.events_sent = 0
        self._unanswered: set[bytes] = set()
        self._transport = transport
        self._send_buffer = send_buffer
        self._clock = clock

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def send(self, message: str) -> None:
        """Send a text message that is not a stream event."""
        self.write(text_frame(message))

    def write(self, frames: bytes, events: int = 0) -> None:
        """Write whole frames. A client that reads too slowly is cut, as the exchange would."""
        if not self.is_open:
            return
        self._transport.write(frames)
        self.events_sent += events
        if self._transport.get_write_buffer_size() > self._send_buffer:
            self.abort()

    def ping(self, payload: bytes) -> None:
        self.pinged = self._clock()
        self._unanswered.add(payload)
        if self.is_open:
            self._transport.write(ping_frame(payload))

    def pong(self, payload: bytes) -> None:
        """Take a pong. An unsolicited one, whose payload is no ping's, does not keep the connection."""
        if payload in self._unanswered:
            self._unanswered.clear()
            self.answered = self._clock()

    def is_unresponsive(self, timeout: float) -> bool:
        """Whether a ping has gone unanswered for that many seconds."""
        return bool(self._unanswered) and self._clock() - max(self.answered, self.opened) > timeout

    def has_ended(self, life: float) -> bool:
        """Whether it has lived for ``life`` seconds or is to be closed by now."""
        now = self._clock()
        return now - self.opened >= life or (self.close_at is not None and now >= self.close_at)

    def close(self) -> None:
        """Say goodbye and close the transport once everything is sent."""
        if self.is_open:
            self._transport.write(close_frame())
            self._transport.close()

    def abort(self) -> None:
        """Close at once, without a closing handshake."""
        self._transport.abort()
