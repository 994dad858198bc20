"""How fast an exchange's frames come through a socket of this machine."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import websocket

from cryptostream_simulator.frames import text_frame

_EVENT = (
    '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1795477594599,"s":"BTCUSDT","a":26129,"p":"91000.01000000",'
    '"q":"0.00470000","f":31001,"l":31001,"T":1795477594598,"m":true,"M":true}}'
)
_AT_ONCE = 1_000


def bytes_limit(frames: int) -> float:
    """Frames a second that can be received, as bytes that nobody looks at."""
    with _sent(frames) as connection:
        left, began = frames * len(text_frame(_EVENT)), time.monotonic()
        while left:
            received = len(connection.recv(1 << 16))
            assert received, "the sender has ended"
            left -= received
        return frames / (time.monotonic() - began)


def frames_limit(frames: int) -> float:
    """Frames a second that the producer's WebSocket library hands out, set as the producer has it."""
    with _sent(frames) as connection:
        client = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
        client.sock, client.connected = connection, True
        began = time.monotonic()
        for _ in range(frames):
            client.recv_data_frame()
        return frames / (time.monotonic() - began)


@contextmanager
def _sent(frames: int) -> Iterator[socket.socket]:
    """A loopback connection over which a process of its own sends so many frames as fast as they are taken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = multiprocessing.get_context("spawn").Process(target=_send, args=(server.getsockname(), frames))
        sender.start()
        try:
            connection, _ = server.accept()
            with connection:
                yield connection
        finally:
            sender.kill()
            sender.join()


def _send(address: tuple[str, int], frames: int) -> None:
    frame = text_frame(_EVENT)
    with socket.create_connection(address) as connection:
        for first in range(0, frames, _AT_ONCE):
            connection.sendall(frame * min(_AT_ONCE, frames - first))
        # Closed by the one who reads.
        connection.recv(1)
