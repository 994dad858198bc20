"""CSV with the columns time, symbol, quantity, price, oldest or newest first."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptostream_simulator.decimals import units
from cryptostream_simulator.recorded.columns import RecordedTrade, TradesBySymbol
from cryptostream_simulator.recorded.errors import RecordingError, at_line
from cryptostream_simulator.recorded.values import iso_time
from cryptostream_simulator.trades import Trades

_COLUMNS = ("time", "symbol", "quantity", "price")


def read_csv(path: Path, lines: Iterable[bytes], trades: TradesBySymbol) -> dict[str, Trades]:
    """Trades by symbol in order of time. Ids count from 1 by symbol, one fill a trade; the taker's side follows the
    tick rule (Lee and Ready 1991): a buy after a rise, a sell after a fall, otherwise as before, the first a buy.

    Raises RecordingError.
    """
    reader = csv.reader(_text(path, lines))
    first = last = 0
    try:
        time, symbol, quantity, price = _columns(path, next(reader, []))
        for row in reader:
            if not row:
                continue
            last = iso_time(row[time], "time")
            first = first or last
            trades.append(RecordedTrade(row[symbol], 0, last, units(row[price]), units(row[quantity]), 0, 0, False))
    except IndexError:
        raise at_line(path, reader.line_num, "fewer columns than in the first line") from None
    except RecordingError:
        raise
    except (ValueError, csv.Error) as error:
        raise at_line(path, reader.line_num, error) from None
    return {name: columns.by_time(first > last) for name, columns in trades.found.items()}


def _columns(path: Path, header: list[str]) -> list[int]:
    if missing := set(_COLUMNS) - set(header):
        raise RecordingError(f"{path}: neither trade events nor a CSV: column {', '.join(sorted(missing))} is missing")
    return [header.index(name) for name in _COLUMNS]


def _text(path: Path, lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode() + "\n"
        except UnicodeDecodeError as error:
            raise at_line(path, number, error) from None
