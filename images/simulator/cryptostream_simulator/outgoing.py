"""A trade on its way out, before an exchange's words are found for it."""

from typing import Literal, NamedTuple

from cryptostream_simulator.decimals import text
from cryptostream_simulator.trades import TradeRow

Damage = Literal["truncated", "fields"]


class Outgoing(NamedTuple):
    """A trade about to be sent, and what a fault has done to it."""

    row: TradeRow
    damage: Damage | None = None


def truncated(message: str, outgoing: Outgoing) -> str:
    """The message, cut in half where a fault asks for it."""
    return message[: len(message) // 2] if outgoing.damage == "truncated" else message


def truth_row(row: TradeRow) -> dict[str, object]:
    """A row of /admin/tape: what was traded, in the terms of the trades topic."""
    return {
        "id": row.id,
        "price": text(row.price),
        "quantity": text(row.quantity),
        "fills": row.last_fill - row.first_fill + 1,
        "time": row.time,
        "side": "sell" if row.buyer_is_maker else "buy",
    }
