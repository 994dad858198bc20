"""A recording played over and over."""

from dataclasses import replace

from cryptostream_simulator.recorded.tape import RecordedTape
from cryptostream_simulator.trades import Trades


class LoopedTape:
    """Each round goes on where the one before ended: in ids and fills without a hole, in times after ``period``.

    ``start``: when the recording's first trade of any symbol is published; ``period``: from one round's start to the
    next one's, more than the recording lasts. Both in microseconds, the same for all symbols.
    """

    def __init__(self, symbol: str, trades: Trades, start: int, period: int) -> None:
        self.symbol = symbol
        self._round = RecordedTape(symbol, trades)
        self.lot = self._round.lot
        self.largest_backdating = self._round.largest_backdating
        self._all = trades
        self._start = start
        self._period = period
        self._first_id = int(trades.id[0])
        self._ids = int(trades.id[-1]) - self._first_id + 1
        self._first_fill = int(trades.first_fill[0])
        self._fills = int(trades.first_fill[-1] + trades.fills[-1]) - self._first_fill

    def position_at(self, time: int) -> int:
        number, since = divmod(time - self._start, self._period)
        return max(0, number * len(self._all) + self._round.position_at(self._start + since))

    def position_of_id(self, trade_id: int) -> int:
        number, beyond = divmod(trade_id - self._first_id, self._ids)
        return max(0, number * len(self._all) + self._round.position_of_id(self._first_id + beyond))

    def position_of_fill(self, fill_id: int) -> int:
        number, beyond = divmod(fill_id - self._first_fill, self._fills)
        return max(0, number * len(self._all) + self._round.position_of_fill(self._first_fill + beyond))

    def trades(self, start: int, stop: int) -> Trades:
        parts = []
        while start < stop:
            number, first = divmod(start, len(self._all))
            last = min(len(self._all), first + stop - start)
            parts.append(self._in_round(number, self._all[first:last]))
            start += last - first
        return Trades.concatenate(parts)

    def next_change(self, position: int, now: int) -> int:
        number, within = divmod(position, len(self._all))
        return max(int(self._all.published[within]) + number * self._period, now + 1)

    def _in_round(self, number: int, trades: Trades) -> Trades:
        return replace(
            trades,
            id=trades.id + number * self._ids,
            first_fill=trades.first_fill + number * self._fills,
            published=trades.published + number * self._period,
            time=trades.time + number * self._period,
        )
