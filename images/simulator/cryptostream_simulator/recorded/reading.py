"""Reading a recording of any form."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from cryptostream_simulator.recorded import binance
from cryptostream_simulator.recorded.columns import TradesBySymbol
from cryptostream_simulator.recorded.csv_trades import read_csv
from cryptostream_simulator.recorded.errors import RecordingError
from cryptostream_simulator.recorded.events import read_capture, read_events
from cryptostream_simulator.recorded.lines import Lines
from cryptostream_simulator.recorded.recording import Recording, is_header, read_frames
from cryptostream_simulator.trades import Trades


def read_recording(path: Path, symbols: Iterable[str] | None = None) -> Recording:
    """Read a recording, gzip-compressed or not; times are as recorded (UTC microseconds), repeated ids are dropped.

    Four forms: what ``cryptostream record`` writes; NDJSON of an exchange's trade events; captures with lines
    ``TIME: FRAME``; CSV with the columns time, symbol, quantity, price. Only the trades of ``symbols`` are kept where
    they are given. A file that ends in the middle of a line or of its compressed data is read up to there, with a
    warning. Raises RecordingError.
    """
    wanted = None if symbols is None else list(dict.fromkeys(symbols))
    lines = Lines(path)
    iterator = iter(lines)
    first = next(iterator, b"")
    numbered = chain([first], iterator)
    found = TradesBySymbol(wanted)
    by_symbol: Mapping[str, Trades] | None = None
    exchange, unreadable = binance.NAME, 0
    if lines.is_cut and not first:
        raise RecordingError(f"{path}: the file ends before its first line does")
    if is_header(first):
        header, unreadable = read_frames(lines, numbered, found)
        exchange = header.exchange
    elif first.lstrip().startswith(b"{"):
        exchange = read_events(lines, numbered, found)
    elif b" <-> " in first:
        exchange, unreadable = read_capture(numbered, found)
    else:
        by_symbol = read_csv(path, numbered, found)
    there = sorted(found.skipped | found.found.keys())
    if by_symbol is None:
        by_symbol = found.by_id()
    if wanted is not None and (absent := [name for name in wanted if name not in by_symbol]):
        raise RecordingError(f"{path}: no trades of {', '.join(absent)} in it, there are: {', '.join(there) or 'none'}")
    if not by_symbol:
        raise RecordingError(f"{path}: no trades in it")
    warnings = [*_warnings(lines, unreadable), *_holes(by_symbol)]
    return Recording(exchange, dict(sorted(by_symbol.items())), tuple(warnings))


def shifted(recording: Recording, by: int) -> Recording:
    """The recording with all its times moved by microseconds."""
    return replace(recording, trades={symbol: _shifted(trades, by) for symbol, trades in recording.trades.items()})


def _shifted(trades: Trades, by: int) -> Trades:
    time = trades.time + by
    return replace(trades, time=time, published=time if trades.published is trades.time else trades.published + by)


def _warnings(lines: Lines, unreadable: int) -> Iterator[str]:
    if lines.is_cut:
        yield f"the file ends in the middle: it was read up to line {lines.number}"
    if unreadable:
        yield f"{unreadable} trades in it are not readable, as the exchange sent them"


def _holes(by_symbol: Mapping[str, Trades]) -> Iterator[str]:
    for symbol, trades in by_symbol.items():
        missing = int(trades.id[-1] - trades.id[0]) + 1 - len(trades)
        if missing:
            yield f"{symbol}: {missing} ids between {trades.id[0]} and {trades.id[-1]} are not in it"
