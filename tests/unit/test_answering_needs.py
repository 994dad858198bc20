"""What a symbol needs is found out in steps, whatever the budget of requests; nothing found so far is lost."""

from datetime import timedelta
from typing import Any, cast

import orjson
import pytest

from cryptostream_producer.exchange_time import ExchangeTime
from cryptostream_producer.exchanges.base import RestRequest
from cryptostream_producer.exchanges.coinbase import COINBASE
from cryptostream_producer.inquiry import Finding, Inquiry
from cryptostream_producer.lookup import Lookup
from cryptostream_producer.needs import BeyondLimit, Fetch, FindStart, Need, Page, StartFound

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND


class Product:
    """A product with one trade a second up to now, behind Coinbase's REST; every second request is refused."""

    def __init__(self, trades: int) -> None:
        self.newest = trades
        self.answered = 0
        self._refuses = False

    def get(self, request: RestRequest) -> bytes:
        self._refuses = not self._refuses
        if self._refuses:
            raise TimeoutError
        self.answered += 1
        if request.path == "/time":
            return b'{"iso":"2023-11-14T22:13:20.000Z","epoch":1700000000}'
        last = min(int(request.parameters.get("after", 2**62)) - 1, self.newest)
        first = max(last - int(request.parameters["limit"]), 0)
        return orjson.dumps([self._row(number) for number in range(last, first, -1)])

    def _row(self, number: int) -> dict[str, object]:
        minutes, seconds = divmod(13 * 60 + 20 - (self.newest - number), 60)
        hours, minutes = divmod(22 * 60 + minutes, 60)
        time = f"2023-11-14T{hours:02d}:{minutes:02d}:{seconds:02d}Z"
        return {"trade_id": number, "time": time, "side": "buy", "price": "1", "size": "1"}


def found(product: Product, need: Need) -> Finding:
    inquiry = Inquiry(
        COINBASE, "matches", ExchangeTime(COINBASE, cast(Any, None)), timedelta(minutes=30), timedelta(hours=1)
    )
    lookup = Lookup(inquiry.steps("BTC-USD", need))
    while True:
        try:
            return lookup.run(product.get)
        except TimeoutError:
            continue


@pytest.mark.parametrize(
    ("trades", "resumed", "start", "requests"),
    [(0, False, None, 3), (5000, False, 3200, 7), (5000, True, 1400, 8), (100, False, 1, 3)],
)
def test_the_start_is_found_in_few_requests(trades: int, resumed: bool, start: int | None, requests: int) -> None:
    product = Product(trades)
    assert found(product, FindStart(resumed, None)) == Finding(StartFound(start))
    assert product.answered <= requests


def test_a_page_that_reaches_the_newest_trade_is_told_from_a_full_one() -> None:
    product = Product(5000)
    full = found(product, Fetch(2001, None, NOW, None)).answer
    assert isinstance(full, Page)
    assert (full.from_id, full.through_id, len(full.trades), full.at_newest) == (2001, 3000, 1000, False)
    last = found(product, Fetch(4990, None, NOW, None)).answer
    assert isinstance(last, Page)
    assert (last.through_id, len(last.trades), last.at_newest) == (5000, 11, True)


def test_what_is_older_than_the_longest_heal_is_skipped() -> None:
    two_hours_ago = NOW - 7200 * SECOND
    finding = found(Product(9000), Fetch(1801, None, two_hours_ago, None))
    assert finding == Finding(BeyondLimit(1801, 5399))
