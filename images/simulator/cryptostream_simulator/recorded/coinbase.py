"""Coinbase Exchange's trades in its own words: ``match`` and ``last_match`` messages, and rows of its REST answers.

``side`` is the maker's.
"""

from typing import Any

from cryptostream_simulator.recorded.columns import RecordedTrade
from cryptostream_simulator.recorded.values import amount, integer, iso_time

NAME = "coinbase"
_BUYER_IS_MAKER = {"buy": True, "sell": False}


def stream_trade(frame: Any, feed: str | None = None) -> RecordedTrade | None:  # noqa: ARG001
    """The trade of a match message; None for any other frame.

    Raises KeyError for a missing field, ValueError for one that cannot be.
    """
    if type(frame) is not dict or frame.get("type") not in ("match", "last_match"):
        return None
    return _trade(str(frame["product_id"]), frame)


def rest_trade(symbol: str, row: Any, feed: str) -> RecordedTrade:  # noqa: ARG001
    """A row of an answer of /products/<id>/trades. Raises KeyError, ValueError or TypeError."""
    return _trade(symbol, row)


def _trade(symbol: str, fields: dict[str, Any]) -> RecordedTrade:
    trade_id = integer(fields["trade_id"], "id")
    side = fields["side"]
    if side not in ("buy", "sell"):
        raise ValueError(f"side {side!r} is neither buy nor sell")
    return RecordedTrade(
        symbol,
        trade_id,
        iso_time(fields["time"], "time"),
        amount(fields["price"], "price"),
        amount(fields["size"], "quantity"),
        trade_id,
        trade_id,
        _BUYER_IS_MAKER[side],
    )
