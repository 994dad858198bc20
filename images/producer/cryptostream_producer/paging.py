"""Judging a REST answer: is it all that was asked for, and which ids does it account for?"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptostream_producer.exchanges.base import ExchangeTrade, Row
from cryptostream_producer.needs import Fetch, Page


@dataclass(frozen=True, slots=True)
class PageEnd:
    """The last id that an answer accounts for, and whether the exchange has nothing beyond it."""

    id: int
    at_newest: bool


def last_served(from_id: int, rows: Sequence[Row]) -> int:
    """The highest id of ``rows``; that before ``from_id`` where none is as high."""
    return max((row.id for row in rows if row.id is not None and row.id >= from_id), default=from_id - 1)


def end_by_count(from_id: int, rows: Sequence[Row], limit: int) -> PageEnd:
    """The end of a page of the next ``limit`` trades: one that holds fewer ends at the newest trade."""
    return PageEnd(last_served(from_id, rows), len(rows) < limit)


def end_by_id(from_id: int, rows: Sequence[Row], limit: int, newest: int | None) -> PageEnd:
    """The end of a page of the trades of the next ``limit`` ids.

    ``newest`` is the highest id that the exchange had just after the page: beyond the page's ids it proves that those
    at the page's end are missing, and are not trades to come.
    """
    last, last_of_span = last_served(from_id, rows), from_id + limit - 1
    if max(last, newest or 0) > last_of_span or last == last_of_span:
        return PageEnd(last_of_span, False)
    return PageEnd(last, True)


def judge_page(need: Fetch, rows: Sequence[Row], end: PageEnd, limit: int) -> tuple[Page, bool]:
    """The page that ``rows`` amount to, and whether every id asked for is there and readable.

    A hole counts as not to be had only where the exchange serves a later id: an answer that ends before ``to_id`` may
    come from a source that lags, so it accounts for nothing beyond its end. ``limit``: most trades of an answer.
    """
    upper = need.to_id
    readable = {row.id: row for row in rows if isinstance(row, ExchangeTrade)}
    unreadable = {row.id for row in rows if not isinstance(row, ExchangeTrade) and row.id is not None}
    nameless = any(not isinstance(row, ExchangeTrade) and row.id is None for row in rows)
    reached = upper is not None and end.id >= upper
    through = upper if upper is not None and reached else end.id

    trades = tuple(readable[number] for number in sorted(readable) if need.from_id <= number <= through)
    missing = through - need.from_id + 1 - len(trades)
    invalid = {number for number in unreadable - readable.keys() if need.from_id <= number <= through}
    if nameless and missing:
        invalid.update(_holes(need.from_id, through, trades, at_most=limit))
    at_newest = end.at_newest and not reached
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
