"""Trades as columns: what a tape hands out, and single rows of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class TradeRow(NamedTuple):
    """One trade. For an aggregate ``id`` is the aggregate's; for a single fill it equals first and last fill.

    ``time`` in UTC microseconds; price and quantity in units of 1e-8.
    """

    id: int
    time: int
    price: int
    quantity: int
    first_fill: int
    last_fill: int
    buyer_is_maker: bool


@dataclass(frozen=True, slots=True)
class Trades:
    """Aggregate trades of one symbol in order of id, all columns of one length.

    ``published`` (UTC microseconds, never falling) is when the exchange makes the trade known; ``time`` is the
    trade's own, at or before it. Price and quantity in units of 1e-8. An aggregate's fills are ``first_fill ..
    first_fill + fills - 1``.
    """

    id: Integers
    published: Integers
    time: Integers
    price: Integers
    quantity: Integers
    first_fill: Integers
    fills: Integers
    buyer_is_maker: Booleans

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, part: slice | Booleans) -> "Trades":
        return Trades(
            self.id[part],
            self.published[part],
            self.time[part],
            self.price[part],
            self.quantity[part],
            self.first_fill[part],
            self.fills[part],
            self.buyer_is_maker[part],
        )

    def rows(self) -> Iterator[TradeRow]:
        """The aggregates one by one, as plain Python numbers."""
        return map(
            TradeRow._make,
            zip(
                self.id.tolist(),
                self.time.tolist(),
                self.price.tolist(),
                self.quantity.tolist(),
                self.first_fill.tolist(),
                (self.first_fill + self.fills - 1).tolist(),
                self.buyer_is_maker.tolist(),
                strict=True,
            ),
        )

    @classmethod
    def empty(cls) -> "Trades":
        none = np.empty(0, dtype=np.int64)
        return cls(none, none, none, none, none, none, none, np.empty(0, dtype=np.bool_))

    @classmethod
    def concatenate(cls, parts: Sequence["Trades"]) -> "Trades":
        """Join consecutive stretches of one symbol."""
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.id for part in parts]),
            np.concatenate([part.published for part in parts]),
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.price for part in parts]),
            np.concatenate([part.quantity for part in parts]),
            np.concatenate([part.first_fill for part in parts]),
            np.concatenate([part.fills for part in parts]),
            np.concatenate([part.buyer_is_maker for part in parts]),
        )


def split_into_fills(aggregate: TradeRow, lot: int) -> list[TradeRow]:
    """The single fills of an aggregate: equal whole lots, the last one takes the rest. Quantities sum exactly."""
    count = aggregate.last_fill - aggregate.first_fill + 1
    share = aggregate.quantity // lot // count * lot
    fills = []
    for number in range(count):
        fill = aggregate.first_fill + number
        quantity = share if number < count - 1 else aggregate.quantity - share * (count - 1)
        fills.append(TradeRow(fill, aggregate.time, aggregate.price, quantity, fill, fill, aggregate.buyer_is_maker))
    return fills
