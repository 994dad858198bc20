"""The lines of a recording: a header, frames and REST answers exactly as received, a closing line. Pure.

What the exchange sent stands in a line byte for byte, so its decimals stay as they are; only line breaks between JSON
tokens become spaces.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

VERSION = 1
_NO_BREAKS = bytes.maketrans(b"\n\r", b"  ")


def header_line(exchange: str, feed: str, symbols: Sequence[str], started: int) -> bytes:
    """``started`` in UTC microseconds, like all times here."""
    return orjson.dumps(
        {
            "recording": "cryptostream",
            "version": VERSION,
            "exchange": exchange,
            "feed": feed,
            "symbols": list(symbols),
            "started": started,
        }
    )


def frame_line(received: int, frame: bytes) -> bytes:
    """A frame that is JSON."""
    return b'{"received":%d,"frame":%b}' % (received, frame.translate(_NO_BREAKS))


def answer_line(received: int, symbol: str, answer: bytes) -> bytes:
    """A page of a symbol's trades that came over REST, JSON."""
    return b'{"received":%d,"symbol":"%b","answer":%b}' % (received, symbol.encode(), answer.translate(_NO_BREAKS))


def first_id_line(symbol: str, first_id: int) -> bytes:
    """From which id on the recording holds a symbol; what it may tell of lower ids is not part of it."""
    return orjson.dumps({"symbol": symbol, "firstId": first_id})


def unreadable_line(received: int, frame: bytes, reason: str) -> bytes:
    """A frame that is no readable trade: as it came where it is JSON, else as a text."""
    try:
        orjson.loads(frame)
        shown = frame.translate(_NO_BREAKS)
    except orjson.JSONDecodeError:
        shown = orjson.dumps(frame.decode(errors="backslashreplace"))
    return b'{"received":%d,"unreadable":%b,"reason":%b}' % (received, shown, orjson.dumps(reason))


def closing_line(closed: int, reason: str, summary: Mapping[str, Any]) -> bytes:
    """``reason``: why the recording ended."""
    return orjson.dumps({"closed": closed, "reason": reason, **summary})
