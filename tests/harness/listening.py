"""A WebSocket client of the exchange's streams."""

import json
from collections import deque
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Any, Self

import websocket

Event = dict[str, Any]


class StreamListener:
    """Reads events of a connection one after the other; replies to control messages are kept apart from them."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.socket = websocket.create_connection(url, timeout=timeout, skip_utf8_validation=True)
        self._ids = count(1)
        self._kept: deque[Event] = deque()

    def message(self) -> Event:
        """The next message as sent, whatever it is."""
        parsed: Event = json.loads(self.socket.recv())
        return parsed

    def event(self) -> Event:
        """The next stream event, without the wrapping of a combined connection."""
        while True:
            message = self._kept.popleft() if self._kept else self.message()
            if "stream" in message:
                return message["data"]  # type: ignore[no-any-return]
            if "e" in message:
                return message

    def events(self, number: int, symbol: str | None = None) -> list[Event]:
        """The next events, of one symbol if asked."""
        found: list[Event] = []
        while len(found) < number:
            event = self.event()
            if symbol is None or event.get("s") == symbol:
                found.append(event)
        return found

    def events_until(self, is_last: Callable[[Event], bool]) -> list[Event]:
        """Events up to and with the first for which the condition holds."""
        found = [self.event()]
        while not is_last(found[-1]):
            found.append(self.event())
        return found

    def call(self, method: str, params: list[Any] | None = None, **extra: Any) -> Event:
        """Send a control message and return its reply; events that come before it are kept."""
        request = {"method": method, "id": next(self._ids)} | ({} if params is None else {"params": params}) | extra
        return self.reply(json.dumps(request))

    def reply(self, text: str) -> Event:
        """Send a text as it is and return the reply."""
        self.socket.send(text)
        while True:
            message = self.message()
            if "result" in message or "code" in message:
                return message
            self._kept.append(message)

    def forget(self) -> None:
        """Forget events that came before a reply."""
        self._kept.clear()

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def next_frame(socket: websocket.WebSocket) -> Any:
    """The next frame of a connection, control frames too; nothing is answered."""
    return socket.recv_frame()  # type: ignore[no-untyped-call]
