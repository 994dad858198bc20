"""Which rows a REST page holds."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from cryptostream_simulator.market import Feed, Market
from cryptostream_simulator.rest_errors import Page
from cryptostream_simulator.trades import TradeRow


def page_rows(
    market: Market, feed: Feed, page: Page, now: int, *, is_missing: Callable[[int], bool], hidden: int
) -> list[TradeRow]:
    """Rows of a page as of ``now``, oldest first: from an id, from a start time, or the latest before the end time or
    now.

    ``is_missing`` says which ids the exchange pretends not to have, ``hidden`` how many at most.
    """
    tape = market.tapes[page.symbol]
    published = tape.position_at(now)
    if page.from_id is not None:
        first_id = page.from_id
        start = min(market.position_of(page.symbol, feed, first_id), published)
        rows = (row for row in market.rows(page.symbol, feed, start, published) if row.id >= first_id)
        return list(islice(_without(rows, is_missing), page.limit))
    end = now if page.end is None else page.end
    stop = published if end >= now else min(published, tape.position_at(end + tape.largest_backdating))
    if page.start is not None:
        first_time = page.start
        start = tape.position_at(min(first_time, now + 1) - 1)
        rows = (row for row in market.rows(page.symbol, feed, start, stop) if first_time <= row.time <= end)
        return list(islice(_without(rows, is_missing), page.limit))
    latest = market.rows(page.symbol, feed, stop - 2 * page.limit - hidden, stop)
    rows = (row for row in latest if row.time <= end)
    return list(deque(_without(rows, is_missing), maxlen=page.limit))


def _without(rows: Iterator[TradeRow], is_missing: Callable[[int], bool]) -> Iterator[TradeRow]:
    return (row for row in rows if not is_missing(row.id))
