"""The tape of one symbol's recording."""

import numpy as np

from cryptostream_simulator.trades import Trades

_HOUR = 3_600_000_000


class RecordedTape:
    """One symbol's recording. After its last trade the tape is silent for ever."""

    def __init__(self, symbol: str, trades: Trades) -> None:
        self.symbol = symbol
        self.lot = 1
        is_in_order = trades.published is trades.time
        self.largest_backdating = 0 if is_in_order else int((trades.published - trades.time).max(initial=0))
        self._trades = trades

    def position_at(self, time: int) -> int:
        return int(np.searchsorted(self._trades.published, time, side="right"))

    def position_of_id(self, trade_id: int) -> int:
        return int(np.searchsorted(self._trades.id, trade_id))

    def position_of_fill(self, fill_id: int) -> int:
        before = int(np.searchsorted(self._trades.first_fill, fill_id, side="right")) - 1
        if before < 0:
            return 0
        last_fill = int(self._trades.first_fill[before] + self._trades.fills[before]) - 1
        return before if fill_id <= last_fill else before + 1

    def trades(self, start: int, stop: int) -> Trades:
        return self._trades[start:stop]

    def next_change(self, position: int, now: int) -> int:
        return max(int(self._trades.published[position]), now + 1) if position < len(self._trades) else now + _HOUR
