"""What a recording holds and what it lacks, symbol by symbol."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptostream_model.records import Gap, Record, Trade

_LISTED = 100
UNANSWERED = "unanswered"
"""Why ids are missing whose REST answer did not come before the recording ended."""


@dataclass(slots=True)
class SymbolAccount:
    """Ids from ``first_id`` to ``last_id`` are in the recording, but for ``missing`` (first id, last id, reason)."""

    trades: int = 0
    over_rest: int = 0
    first_id: int | None = None
    last_id: int | None = None
    missing_ids: int = 0
    missing: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, record: Record) -> None:
        if isinstance(record, Trade):
            self.trades += 1
            self.over_rest += record.backfilled
            self.first_id = record.id if self.first_id is None else self.first_id
            self.last_id = record.id
        elif isinstance(record, Gap):
            self.lack(record.from_id, record.to_id, record.reason)

    def lack(self, first: int, last: int, reason: str) -> None:
        self.missing_ids += last - first + 1
        if len(self.missing) < _LISTED:
            self.missing.append((first, last, reason))

    def describe(self) -> dict[str, Any]:
        """As the closing line tells it; of very many ranges the first hundred."""
        return {
            "trades": self.trades,
            "overRest": self.over_rest,
            "firstId": self.first_id,
            "lastId": self.last_id,
            "missingIds": self.missing_ids,
            "missing": [{"fromId": first, "toId": last, "reason": reason} for first, last, reason in self.missing],
        }


class Account:
    """Written by one thread; others may read its numbers."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = {symbol: SymbolAccount() for symbol in symbols}
        self.unreadable = 0
        self.connections = 0

    @property
    def trades(self) -> int:
        return sum(symbol.trades for symbol in self.symbols.values())

    @property
    def missing_ids(self) -> int:
        return sum(symbol.missing_ids for symbol in self.symbols.values())

    def describe(self) -> dict[str, Any]:
        """As the closing line tells it."""
        return {
            "trades": self.trades,
            "missingIds": self.missing_ids,
            "unreadable": self.unreadable,
            "connections": self.connections,
            "symbols": {symbol: account.describe() for symbol, account in self.symbols.items()},
        }
