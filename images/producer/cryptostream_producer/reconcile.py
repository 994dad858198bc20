"""Where a symbol really ended: its position, corrected by what the trades partition holds. Pure.

Positions are written in the transaction of the records that they describe. But a broker that crashes between the commit
markers of the two partitions can leave one of them out when it comes back (docs/decisions/0008): the last transaction
of a writer may then count in one partition and not in the other. Readers see the trades partition, so it decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptostream_model.records import Gap, Position, Record, Trade


@dataclass(slots=True)
class SymbolTail:
    """The last record of a symbol, and its last trade or gap, within the end of its partition that was read."""

    last: Record
    numbered: Trade | Gap | None = None

    def follow(self, record: Record) -> None:
        """``record`` comes next."""
        self.last = record
        if isinstance(record, Trade | Gap):
            self.numbered = record


def true_position(history: Sequence[Position], tail: SymbolTail | None) -> Position | None:
    """How far a symbol is written. ``history`` holds its latest positions, oldest first.

    A symbol without a record in the tail is taken at its latest position. Where the tail holds only progress, the id is
    that of the latest position whose clock the topic has reached: one beyond belongs to a transaction that is lost.
    """
    if tail is None:
        return history[-1] if history else None
    last, numbered = tail.last, tail.numbered
    if numbered is not None:
        last_id = numbered.id if isinstance(numbered, Trade) else numbered.to_id
        return Position(last.exchange, last.symbol, last.feed, last_id, last.clock)
    reached = [position for position in history if position.clock <= last.clock] or list(history[:1])
    if not reached:
        return Position(last.exchange, last.symbol, last.feed, None, last.clock)
    return replace(reached[-1], clock=last.clock)
