"""Which rows a REST page holds."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from cryptostream_simulator.market import Market
from cryptostream_simulator.tape import Feed
from cryptostream_simulator.trades import TradeRow


@dataclass(frozen=True, slots=True)
class Hidden:
    """Which ids the exchange pretends not to have, and how many of them there are at most."""

    hides: Callable[[int], bool]
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are asked for. Times in UTC microseconds, both inclusive."""

    symbol: str
    limit: int
    from_id: int | None
    start: int | None
    end: int | None


def page_rows(market: Market, feed: Feed, page: Page, now: int, hidden: Hidden) -> list[TradeRow]:
    """Rows of a page as of ``now``, oldest first: from an id, from a start time, or the latest before the end time or
    now."""
    tape = market.tapes[page.symbol]
    published = tape.position_at(now)
    if page.from_id is not None:
        first_id = page.from_id
        start = min(market.position_of(page.symbol, feed, first_id), published)
        rows = (row for row in market.rows(page.symbol, feed, start, published) if row.id >= first_id)
        return list(islice(_without(rows, hidden), page.limit))
    end = now if page.end is None else page.end
    stop = published if end >= now else min(published, tape.position_at(end + tape.largest_backdating))
    if page.start is not None:
        first_time = page.start
        start = tape.position_at(min(first_time, now + 1) - 1)
        rows = (row for row in market.rows(page.symbol, feed, start, stop) if first_time <= row.time <= end)
        return list(islice(_without(rows, hidden), page.limit))
    latest = market.rows(page.symbol, feed, stop - 2 * page.limit - hidden.count, stop)
    rows = (row for row in latest if row.time <= end)
    return list(deque(_without(rows, hidden), maxlen=page.limit))


def rows_between(
    market: Market, feed: Feed, symbol: str, limit: int, now: int, hidden: Hidden, newer_than: int, older_than: int
) -> list[TradeRow]:
    """The latest rows as of ``now`` with ids between two others, oldest first; both ends excluded."""
    published = market.tapes[symbol].position_at(now)
    stop = min(market.position_of(symbol, feed, older_than), published)
    start = max(stop - limit - hidden.count, market.position_of(symbol, feed, newer_than + 1))
    # A trade of the tape may hold ids on both sides of an end.
    rows = market.rows(symbol, feed, start, min(stop + 1, published))
    between = (row for row in rows if newer_than < row.id < older_than)
    return list(deque(_without(between, hidden), maxlen=limit))


def _without(rows: Iterator[TradeRow], hidden: Hidden) -> Iterator[TradeRow]:
    return (row for row in rows if not hidden.hides(row.id))
