"""Binance's trades in its own words: stream events, raw or combined, and rows of its REST answers."""

from typing import Any

from cryptostream_simulator.recorded.columns import RecordedTrade
from cryptostream_simulator.recorded.values import amount, integer, truth, unix_time

NAME = "binance"


def stream_trade(frame: Any, feed: str | None = None) -> RecordedTrade | None:
    """The trade of an aggTrade or trade event (``feed`` chooses one of them); None for any other frame.

    Raises KeyError for a missing field, ValueError for one that cannot be.
    """
    if type(frame) is not dict:
        return None
    event = frame.get("data", frame)
    if type(event) is not dict:
        return None
    kind = event.get("e")
    if kind not in ("aggTrade", "trade") or (feed is not None and kind != feed):
        return None
    return aggregate(event) if kind == "aggTrade" else _single(event, event["s"], "t", "p", "q", "T", "m")


def rest_trade(symbol: str, row: Any, feed: str) -> RecordedTrade:
    """A row of an answer of aggTrades or historicalTrades. Raises KeyError, ValueError or TypeError."""
    if feed == "aggTrade":
        return aggregate({**row, "s": symbol})
    return _single(row, symbol, "id", "price", "qty", "time", "isBuyerMaker")


def aggregate(event: dict[str, Any]) -> RecordedTrade:
    """Read the fields s a p q f l T m. Raises KeyError or ValueError."""
    return RecordedTrade(
        str(event["s"]),
        integer(event["a"], "id"),
        unix_time(event["T"], "time"),
        amount(event["p"], "price"),
        amount(event["q"], "quantity"),
        integer(event["f"], "first fill"),
        integer(event["l"], "last fill"),
        truth(event["m"], "buyer-is-maker"),
    )


def _single(
    fields: dict[str, Any], symbol: Any, number: str, price: str, quantity: str, time: str, maker: str
) -> RecordedTrade:
    trade_id = integer(fields[number], "id")
    return RecordedTrade(
        str(symbol),
        trade_id,
        unix_time(fields[time], "time"),
        amount(fields[price], "price"),
        amount(fields[quantity], "quantity"),
        trade_id,
        trade_id,
        truth(fields[maker], "buyer-is-maker"),
    )
