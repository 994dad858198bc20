"""What the server asks of a tape, whether synthetic or recorded."""

from typing import Literal, Protocol

from cryptostream_simulator.trades import Trades

Feed = Literal["aggTrade", "trade"]
"""Whose ids count: those of aggregates, or those of their single fills."""

FEEDS: tuple[Feed, ...] = ("aggTrade", "trade")


class Tape(Protocol):
    """All trades of one symbol, past and to come. A *position* counts trades from the tape's first one, which is 0."""

    symbol: str
    lot: int
    largest_backdating: int

    def position_at(self, time: int) -> int:
        """How many trades are published at or before ``time`` (UTC microseconds)."""
        ...

    def position_of_id(self, trade_id: int) -> int:
        """Position of the first trade whose id is at least ``trade_id``; may lie beyond what is published."""
        ...

    def position_of_fill(self, fill_id: int) -> int:
        """Position of the first trade whose last fill is at least ``fill_id``; may lie beyond what is published."""
        ...

    def trades(self, start: int, stop: int) -> Trades:
        """The trades at positions ``start .. stop - 1``; both at most a value that ``position_at`` has returned."""
        ...

    def next_change(self, position: int, now: int) -> int:
        """A time after ``now`` until which the trade at ``position``, not yet published, cannot be published."""
        ...
