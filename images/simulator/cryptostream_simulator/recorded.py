"""A tape read from a recording."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO

import numpy as np
import orjson

from cryptostream_simulator.decimals import units
from cryptostream_simulator.trades import TradeRow, Trades

_HOUR = 3_600_000_000
_FIRST_MICROSECONDS = 10**14


class RecordingError(ValueError):
    """A recording that cannot be read; the text names the file, the line and the reason."""


class RecordedTape:
    """One symbol's recording. After its last trade the tape is silent for ever."""

    def __init__(self, symbol: str, trades: Trades) -> None:
        self.symbol = symbol
        self.lot = 1
        self.largest_backdating = int((trades.published - trades.time).max()) if len(trades) else 0
        self._trades = trades
        self._last_fill = trades.first_fill + trades.fills - 1

    def position_at(self, time: int) -> int:
        return int(np.searchsorted(self._trades.published, time, side="right"))

    def position_of_id(self, trade_id: int) -> int:
        return int(np.searchsorted(self._trades.id, trade_id))

    def position_of_fill(self, fill_id: int) -> int:
        return int(np.searchsorted(self._last_fill, fill_id))

    def trades(self, start: int, stop: int) -> Trades:
        return self._trades[start:stop]

    def next_change(self, position: int, now: int) -> int:
        return max(int(self._trades.published[position]), now + 1) if position < len(self._trades) else now + _HOUR


def read_recording(path: Path) -> dict[str, Trades]:
    """Read a recording, gzip-compressed or not, by symbol; times are as recorded (UTC microseconds).

    Two forms. CSV with the columns time, symbol, quantity, price in any order of time: ids count from 1 by symbol in
    order of time, one fill a trade, and the taker's side follows the tick rule (Lee and Ready 1991): a buy after a
    rise, a sell after a fall, otherwise as before, the first a buy. Or NDJSON of aggTrade events (fields s a p q f l
    T m, T in milliseconds or microseconds, also wrapped as a combined stream's data): ids are kept, repeated ones
    dropped. Raises RecordingError.
    """
    with _open(path) as lines:
        first = lines.readline()
        read = _read_events if first.lstrip().startswith("{") else _read_csv
        by_symbol = read(path, _again(first, lines))
    if not by_symbol:
        raise RecordingError(f"{path}: no trades in it")
    return {symbol: _columns(rows) for symbol, rows in sorted(by_symbol.items())}


def shifted(recording: dict[str, Trades], by: int) -> dict[str, Trades]:
    """The recording with all its times moved by microseconds."""
    return {
        symbol: replace(trades, published=trades.published + by, time=trades.time + by)
        for symbol, trades in recording.items()
    }


def first_time(recording: dict[str, Trades]) -> int:
    """When the recording's first trade was published, UTC microseconds."""
    return min(int(trades.published[0]) for trades in recording.values())


def _open(path: Path) -> IO[str]:
    try:
        binary: IO[bytes] = path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None
    compressed = binary.read(2) == b"\x1f\x8b"
    binary.seek(0)
    return TextIOWrapper(gzip.GzipFile(fileobj=binary) if compressed else binary, encoding="utf-8")


def _again(first: str, lines: Iterable[str]) -> Iterator[str]:
    yield first
    yield from lines


def _read_csv(path: Path, lines: Iterable[str]) -> dict[str, list[TradeRow]]:
    reader = csv.DictReader(lines)
    if missing := {"time", "symbol", "quantity", "price"} - set(reader.fieldnames or ()):
        raise RecordingError(
            f"{path}: neither aggTrade events nor a CSV: column {', '.join(sorted(missing))} is missing"
        )
    found = []
    for number, line in enumerate(reader, start=2):
        try:
            moment = datetime.fromisoformat(line["time"])
            time = round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)
            found.append((time, line["symbol"], units(line["price"]), units(line["quantity"])))
        except (ValueError, TypeError) as error:
            raise RecordingError(f"{path}, line {number}: {error}") from None
    if found and found[0][0] > found[-1][0]:
        found.reverse()
    found.sort(key=lambda trade: trade[0])
    rows: dict[str, list[TradeRow]] = defaultdict(list)
    for time, symbol, price, quantity in found:
        known = rows[symbol]
        trade_id = len(known) + 1
        sold = bool(known) and (price < known[-1].price or (price == known[-1].price and known[-1].buyer_is_maker))
        known.append(TradeRow(trade_id, time, price, quantity, trade_id, trade_id, sold))
    return rows


def _read_events(path: Path, lines: Iterable[str]) -> dict[str, list[TradeRow]]:
    rows: dict[str, dict[int, TradeRow]] = defaultdict(dict)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            event = orjson.loads(line)
            event = event.get("data", event)
            time = int(event["T"]) if event["T"] >= _FIRST_MICROSECONDS else int(event["T"]) * 1000
            row = TradeRow(
                int(event["a"]), time, units(event["p"]), units(event["q"]), event["f"], event["l"], bool(event["m"])
            )
        except KeyError as missing:
            raise RecordingError(f"{path}, line {number}: field {missing} is missing") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise RecordingError(f"{path}, line {number}: {error}") from None
        if row.last_fill < row.first_fill:
            raise RecordingError(f"{path}, line {number}: last fill {row.last_fill} before the first {row.first_fill}")
        rows[event["s"]][row.id] = row
    return {symbol: [known[number] for number in sorted(known)] for symbol, known in rows.items()}


def _columns(rows: list[TradeRow]) -> Trades:
    trade_id, time, price, quantity, first_fill, last_fill = (
        np.array([row[column] for row in rows], dtype=np.int64) for column in range(6)
    )
    return Trades(
        id=trade_id,
        published=np.maximum.accumulate(time),
        time=time,
        price=price,
        quantity=quantity,
        first_fill=first_fill,
        fills=last_fill - first_fill + 1,
        buyer_is_maker=np.array([row.buyer_is_maker for row in rows], dtype=np.bool_),
    )
