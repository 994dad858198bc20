"""Trades gathered column by column: 49 bytes each while reading, however many there are."""

import re
from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cryptostream_simulator.trades import Booleans, Integers, Trades

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,29}")
_EARLIEST, _LATEST = 1_230_768_000_000_000, 7_258_118_400_000_000
"""2009-01-01 and 2200-01-01 in UTC microseconds."""

_LARGEST = 2**63 - 1


class RecordedTrade(NamedTuple):
    """One trade of a recording. Time in UTC microseconds; price and quantity in units of 1e-8."""

    symbol: str
    id: int
    time: int
    price: int
    quantity: int
    first_fill: int
    last_fill: int
    buyer_is_maker: bool


class TradeColumns:
    """The trades of one symbol in the order in which they were told."""

    def __init__(self) -> None:
        self._numbers = tuple(array("q") for _ in range(6))
        self._buyer_is_maker = array("b")

    def append(self, trade: RecordedTrade) -> None:
        """Raises ValueError for a trade that cannot be."""
        _, number, time, price, quantity, first_fill, last_fill, buyer_is_maker = trade
        if not (
            0 <= number < _LARGEST
            and _EARLIEST <= time <= _LATEST
            and price > 0
            and quantity > 0
            and 0 <= first_fill <= last_fill < _LARGEST
        ):
            raise ValueError(_reason(trade))
        ids, times, prices, quantities, first_fills, last_fills = self._numbers
        ids.append(number)
        times.append(time)
        prices.append(price)
        quantities.append(quantity)
        first_fills.append(first_fill)
        last_fills.append(last_fill)
        self._buyer_is_maker.append(buyer_is_maker)

    def by_id(self) -> Trades:
        """The trades in order of id; of several with one id, the first that was told. Takes over the memory."""
        numbers = [np.frombuffer(column, dtype=np.int64) for column in self._numbers]
        maker = np.frombuffer(self._buyer_is_maker, dtype=np.bool_)
        ids = numbers[0]
        if len(ids) and not (ids[1:] > ids[:-1]).all():
            order = np.argsort(ids, kind="stable")
            ordered = ids[order]
            order = order[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
            for index in range(len(numbers)):
                numbers[index] = numbers[index][order]
            maker = maker[order]
        number, time, price, quantity, first_fill, fills = numbers
        fills -= first_fill
        fills += 1
        return Trades(number, published(time), time, price, quantity, first_fill, fills, maker)

    def by_time(self, newest_first: bool) -> Trades:
        """The trades in order of time, numbered from 1, one fill each, their side by the tick rule."""
        time, price, quantity = (np.frombuffer(self._numbers[index], dtype=np.int64) for index in (1, 2, 3))
        if newest_first:
            time, price, quantity = time[::-1], price[::-1], quantity[::-1]
        order = np.argsort(time, kind="stable")
        time, price, quantity = time[order], price[order], quantity[order]
        number = np.arange(1, len(time) + 1, dtype=np.int64)
        return Trades(number, time, time, price, quantity, number, np.ones_like(number), sold_by_tick_rule(price))


class TradesBySymbol:
    """Columns of every symbol, or of the chosen ones."""

    def __init__(self, chosen: Iterable[str] | None = None) -> None:
        self._chosen = None if chosen is None else frozenset(chosen)
        self.found: dict[str, TradeColumns] = {}
        self.skipped: set[str] = set()
        self._first_ids: dict[str, int] = {}
        self._last_ids: dict[str, int] = {}

    def append(self, trade: RecordedTrade) -> None:
        """Raises ValueError for a trade that cannot be."""
        columns = self.found.get(trade.symbol)
        if columns is None:
            if _SYMBOL.fullmatch(trade.symbol) is None:
                raise ValueError(f"symbol {trade.symbol!r} is not made of upper-case letters, digits, '_' and '-'")
            if self._chosen is not None and trade.symbol not in self._chosen:
                self.skipped.add(trade.symbol)
                return
            columns = TradeColumns()
            columns.append(trade)
            self.found[trade.symbol] = columns
        else:
            columns.append(trade)

    def begin(self, symbol: str, first_id: int) -> None:
        """Lower ids of this symbol do not belong to the recording; of several such ids the lowest counts."""
        self._first_ids[symbol] = min(first_id, self._first_ids.get(symbol, first_id))

    def end(self, symbol: str, last_id: int) -> None:
        """Higher ids of this symbol do not belong to the recording; of several such ids the highest counts."""
        self._last_ids[symbol] = max(last_id, self._last_ids.get(symbol, last_id))

    def by_id(self) -> dict[str, Trades]:
        """The trades by symbol, in order of id; symbols without any are left out. Takes over the memory."""
        taken = {}
        for symbol in sorted(self.found):
            trades = self.found.pop(symbol).by_id()
            first = int(np.searchsorted(trades.id, self._first_ids.get(symbol, 0)))
            stop = int(np.searchsorted(trades.id, self._last_ids.get(symbol, 2**63 - 1), side="right"))
            if first < stop:
                taken[symbol] = trades[first:stop] if stop - first < len(trades) else trades
        return taken


def published(time: Integers) -> Integers:
    """When trades in order of id became known: never before an earlier id. The same column where times never fall."""
    running: NDArray[np.int64] = np.maximum.accumulate(time)
    return time if np.array_equal(running, time) else running


def sold_by_tick_rule(price: Integers) -> Booleans:
    """Whether the taker sold (Lee and Ready 1991): after a fall, not after a rise, else as before, at first not."""
    change = np.sign(np.diff(price, prepend=price[:1]))
    latest_change = np.maximum.accumulate(np.where(change != 0, np.arange(len(price)), 0))
    sold: Booleans = change[latest_change] < 0
    return sold


def _reason(trade: RecordedTrade) -> str:
    """Why a trade cannot be."""
    if not 0 <= trade.id < _LARGEST:
        return f"id {trade.id} is not from 0 to 2^63 - 2"
    if not _EARLIEST <= trade.time <= _LATEST:
        return f"time {trade.time} is before 2009 or after 2200"
    if trade.price <= 0 or trade.quantity <= 0:
        return "price and quantity must be above 0"
    return f"last fill {trade.last_fill} before the first {trade.first_fill}, or not from 0 to 2^63 - 2"
