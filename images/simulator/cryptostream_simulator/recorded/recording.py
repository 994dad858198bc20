"""The project's own recordings: a header, then frames and REST answers as the exchange sent them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cryptostream_simulator.recorded.columns import RecordedTrade, TradesBySymbol
from cryptostream_simulator.recorded.errors import RecordingError, at_line
from cryptostream_simulator.recorded.forms import FORMS, ExchangeForm
from cryptostream_simulator.recorded.lines import Lines
from cryptostream_simulator.recorded.values import integer
from cryptostream_simulator.trades import Trades

VERSION = 1
_MARK = "cryptostream"


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a recording: where it comes from and when it began (UTC microseconds)."""

    exchange: str
    feed: str
    symbols: tuple[str, ...]
    started: int


@dataclass(frozen=True, slots=True)
class Recording:
    """The trades by symbol, in order of id, with times as recorded; ``warnings`` say in what it is not whole."""

    exchange: str
    trades: Mapping[str, Trades]
    warnings: Sequence[str] = ()

    @property
    def start(self) -> int:
        """When its first trade was published, UTC microseconds."""
        return min(int(trades.published[0]) for trades in self.trades.values())

    @property
    def end(self) -> int:
        """When its last trade was published, UTC microseconds."""
        return max(int(trades.published[-1]) for trades in self.trades.values())


def is_header(line: bytes) -> bool:
    """Whether a first line claims to begin a recording."""
    return line.startswith(b'{"recording"')


def parse_header(path: Path, line: bytes, number: int = 1) -> Header:
    """Raises RecordingError."""
    try:
        return _checked(orjson.loads(line))
    except KeyError as missing:
        raise at_line(path, number, f"the header's field {missing} is missing") from None
    except (ValueError, TypeError) as error:
        raise at_line(path, number, f"header: {error}") from None


def _checked(fields: dict[str, Any]) -> Header:
    exchange, symbols = fields["exchange"], fields["symbols"]
    if fields["recording"] != _MARK:
        raise ValueError(f"recording = {fields['recording']!r} is not {_MARK!r}")
    if fields["version"] != VERSION:
        raise ValueError(f"version {fields['version']!r} of the file format is not known, only {VERSION}")
    if exchange not in FORMS:
        raise ValueError(f"exchange {exchange!r} is not one of {', '.join(FORMS)}")
    if type(symbols) is not list:
        raise ValueError("symbols is no list")
    return Header(exchange, str(fields["feed"]), tuple(map(str, symbols)), integer(fields["started"], "started"))


def read_header(path: Path) -> Header | None:
    """The header of a file; None where it has none. Raises RecordingError."""
    for line in Lines(path):
        return parse_header(path, line) if is_header(line) else None
    return None


def read_frames(lines: Lines, numbered: Iterable[bytes], trades: TradesBySymbol) -> tuple[Header, int]:
    """The header, and how many trades could not be read. Recordings written one after the other are read as one.

    Raises RecordingError; a last line that ends in the middle only sets ``lines.is_cut``.
    """
    header: Header | None = None
    unreadable = 0
    for line in numbered:
        if is_header(line):
            header = _same(lines, header, parse_header(lines.path, line, lines.number))
            continue
        if header is None or not line.strip():
            continue
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if not lines.is_whole:
                lines.is_cut = True
                break
            raise at_line(lines.path, lines.number, error) from None
        try:
            unreadable += _take(entry, FORMS[header.exchange], header.feed, trades)
        except (KeyError, ValueError, TypeError, AttributeError):
            reason = "neither a frame, an answer, a first id nor a closing line"
            raise at_line(lines.path, lines.number, reason) from None
    if header is None:
        raise RecordingError(f"{lines.path}: no header")
    return header, unreadable


def _take(entry: dict[str, Any], form: ExchangeForm, feed: str, trades: TradesBySymbol) -> int:
    """Take in a line; returns how many trades of it are not readable, as the exchange now and then sends them.

    Raises KeyError, ValueError, TypeError or AttributeError for what no recorder writes.
    """
    if "frame" in entry:
        return _take_trades([entry["frame"]], lambda frame: form.stream_trade(frame, feed), trades)
    if "answer" in entry:
        symbol = str(entry["symbol"])
        return _take_trades(entry["answer"], lambda row: form.rest_trade(symbol, row, feed), trades)
    if "firstId" in entry:
        trades.begin(str(entry["symbol"]), integer(entry["firstId"], "first id"))
        return 0
    if "closed" in entry:
        for symbol, told in entry["symbols"].items():
            if told["lastId"] is not None:
                trades.end(symbol, integer(told["lastId"], "last id"))
        return 0
    return 1 if entry["unreadable"] else 0


def _take_trades(told: Iterable[Any], read: Callable[[Any], RecordedTrade | None], trades: TradesBySymbol) -> int:
    unreadable = 0
    for each in told:
        try:
            trade = read(each)
            if trade is not None:
                trades.append(trade)
        except (KeyError, ValueError, TypeError):
            unreadable += 1
    return unreadable


def _same(lines: Lines, known: Header | None, header: Header) -> Header:
    if known is not None and (known.exchange, known.feed) != (header.exchange, header.feed):
        raise at_line(
            lines.path,
            lines.number,
            f"a recording of {header.exchange} {header.feed} after one of {known.exchange} {known.feed}",
        )
    return header
