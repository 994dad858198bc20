"""NDJSON without a header: trade events of an exchange, and captures of a feed line by line."""

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from cryptostream_simulator.recorded import binance
from cryptostream_simulator.recorded.columns import RecordedTrade, TradesBySymbol
from cryptostream_simulator.recorded.errors import at_line
from cryptostream_simulator.recorded.forms import FORMS
from cryptostream_simulator.recorded.lines import Lines

ReadEvent = Callable[[Any], RecordedTrade | None]


def read_events(lines: Lines, numbered: Iterable[bytes], trades: TradesBySymbol) -> str:
    """A trade on every line: Binance's events (fields s a p q f l T m, or those of ``trade``), raw or as a combined
    stream's data, or Coinbase's matches. Returns the exchange's name.

    Raises RecordingError; a last line that ends in the middle only sets ``lines.is_cut``.
    """
    exchange = binance.NAME
    for line in numbered:
        if not line.strip():
            continue
        try:
            event = orjson.loads(line)
            name, trade = _event(event)
            trades.append(trade)
            exchange = name
        except KeyError as missing:
            raise at_line(lines.path, lines.number, f"field {missing} is missing") from None
        except orjson.JSONDecodeError as error:
            if not lines.is_whole and line.lstrip().startswith(b"{"):
                lines.is_cut = True
                break
            raise at_line(lines.path, lines.number, error) from None
        except (ValueError, TypeError) as error:
            raise at_line(lines.path, lines.number, error) from None
    return exchange


def read_capture(lines: Iterable[bytes], trades: TradesBySymbol) -> tuple[str, int]:
    """Lines ``TIME: FRAME``; ``URL <-> TIME`` and ``URL <- TIME: TEXT`` are the client's own and passed over, as is
    every frame without a trade. Returns the exchange's name and how many trades could not be read.
    """
    exchange = binance.NAME
    unreadable = 0
    for line in lines:
        moment, colon, text = line.partition(b": ")
        if not colon or not moment.replace(b".", b"", 1).isdigit():
            continue
        try:
            frame = orjson.loads(text)
            for form in FORMS.values():
                if (trade := form.stream_trade(frame, None)) is not None:
                    trades.append(trade)
                    exchange = form.name
        except (KeyError, ValueError, TypeError):
            unreadable += 1
    return exchange, unreadable


def _event(event: Any) -> tuple[str, RecordedTrade]:
    for form in FORMS.values():
        if (trade := form.stream_trade(event, None)) is not None:
            return form.name, trade
    fields = event.get("data", event) if type(event) is dict else None
    if type(fields) is not dict:
        raise ValueError("not a JSON object")
    return binance.NAME, binance.aggregate(fields)
