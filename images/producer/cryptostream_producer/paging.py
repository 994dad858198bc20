"""Judging a REST answer: is it all that was asked for, and which ids does it account for?"""

from collections.abc import Sequence

from cryptostream_producer.exchanges.base import ExchangeTrade, Row
from cryptostream_producer.needs import Fetch, Page


def judge_page(need: Fetch, rows: Sequence[Row], limit: int) -> tuple[Page, bool]:
    """The page that ``rows`` amount to, and whether every id asked for is there and readable.

    A hole counts as not to be had only where the exchange serves a later id: an answer that ends before ``to_id`` may
    come from a source that lags, so it accounts for nothing beyond its last row.
    """
    upper = need.to_id
    readable = {row.id: row for row in rows if isinstance(row, ExchangeTrade)}
    unreadable = {row.id for row in rows if not isinstance(row, ExchangeTrade) and row.id is not None}
    nameless = any(not isinstance(row, ExchangeTrade) and row.id is None for row in rows)
    last_served = max((*readable, *unreadable), default=need.from_id - 1)
    reached = upper is not None and last_served >= upper
    through = upper if upper is not None and reached else max(last_served, need.from_id - 1)

    trades = tuple(readable[number] for number in sorted(readable) if need.from_id <= number <= through)
    missing = through - need.from_id + 1 - len(trades)
    invalid = {number for number in unreadable - readable.keys() if need.from_id <= number <= through}
    if nameless and missing:
        invalid.update(_holes(need.from_id, through, trades, at_most=limit))
    at_newest = len(rows) < limit and not reached
    complete = not missing and (upper is None or reached or not at_newest)
    return Page(need.from_id, through, trades, frozenset(invalid), at_newest), complete


def _holes(first: int, through: int, trades: Sequence[ExchangeTrade], at_most: int) -> list[int]:
    present = {trade.id for trade in trades}
    holes: list[int] = []
    for number in range(first, through + 1):
        if number not in present:
            holes.append(number)
        if len(holes) >= at_most:
            break
    return holes
