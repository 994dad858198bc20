"""Live trades held behind a hole, within a budget that the symbols of a partition share."""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptostream_producer.exchanges.base import ExchangeTrade


@dataclass(slots=True)
class HeldBudget:
    """How many live trades the symbols of a partition may hold together while they heal."""

    limit: int
    used: int = 0


class HeldTrades:
    """One symbol's held trades by id."""

    def __init__(self, budget: HeldBudget) -> None:
        self._budget = budget
        self._trades: dict[int, ExchangeTrade] = {}

    def __len__(self) -> int:
        return len(self._trades)

    def __contains__(self, number: int) -> bool:
        return number in self._trades

    @property
    def full(self) -> bool:
        return self._budget.used >= self._budget.limit

    def ids(self) -> Iterable[int]:
        return self._trades.keys()

    def first(self) -> int:
        """Smallest id. There must be one."""
        return min(self._trades)

    def add(self, trade: ExchangeTrade) -> None:
        self._trades[trade.id] = trade
        self._budget.used += 1

    def take(self, number: int) -> ExchangeTrade | None:
        """Remove and return the trade of this id, if it is held."""
        trade = self._trades.pop(number, None)
        if trade is not None:
            self._budget.used -= 1
        return trade

    def drop_below(self, number: int) -> None:
        for stale in [held for held in self._trades if held < number]:
            self.take(stale)

    def clear(self) -> int:
        """Forget all; returns how many there were."""
        count = len(self._trades)
        self._budget.used -= count
        self._trades.clear()
        return count
