"""An exchange that cannot be asked by time is searched by ids, in few requests and through interruptions."""

from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_producer.exchanges.base import BadMessageError, RestRequest
from cryptostream_producer.exchanges.coinbase import COINBASE
from cryptostream_producer.lookup import Lookup

SECOND = 1_000_000
START = 1_700_000_000 * SECOND


class Product:
    """The trades of one product behind Coinbase's pagination: ids ascend, times never fall."""

    def __init__(self, trades: dict[int, int]) -> None:
        self.trades = trades
        self.requests = 0

    def get(self, request: RestRequest) -> bytes:
        self.requests += 1
        before = int(request.parameters.get("after", 2**62))
        found = [number for number in sorted(self.trades, reverse=True) if number < before]
        rows = [{"trade_id": n, "time": text(self.trades[n])} for n in found[: int(request.parameters["limit"])]]
        return orjson.dumps(rows)

    def first_since(self, time: int) -> int | None:
        return min((number for number, traded in self.trades.items() if traded >= time), default=None)


def text(time: int) -> str:
    moment = datetime.fromtimestamp(time // SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time % SECOND:06d}Z"


def search(product: Product, time: int) -> int | None:
    return Lookup(COINBASE.first_since("BTC-USD", "matches", time)).run(product.get)


@given(
    steps=st.lists(st.tuples(st.integers(1, 900), st.integers(0, 50)), max_size=60),
    after=st.integers(-10, 800),
)
def test_the_first_trade_since_a_time_is_found_whatever_ids_are_missing(
    steps: list[tuple[int, int]], after: int
) -> None:
    trades: dict[int, int] = {}
    number, time = 0, START
    for more, seconds in steps:
        number, time = number + more, time + seconds * SECOND
        trades[number] = time
    product = Product(trades)
    assert search(product, START + after * SECOND) == product.first_since(START + after * SECOND)


@pytest.mark.parametrize("back", [0, 1, 900, 4000, 59_999, 70_000])
def test_an_hour_of_a_busy_product_is_found_in_a_score_of_requests(back: int) -> None:
    product = Product({number: START + number * SECOND for number in range(1, 60_001)})
    time = START + (60_000 - back) * SECOND
    assert search(product, time) == product.first_since(time)
    assert product.requests <= 16


def test_a_search_goes_on_where_a_request_could_not_be_made() -> None:
    product = Product({number: START + number * SECOND for number in range(1, 30_001)})
    refusals: Iterator[bool] = iter([False, True] * 100)

    def get(request: RestRequest) -> bytes:
        if next(refusals):
            raise TimeoutError
        return product.get(request)

    lookup = Lookup(COINBASE.first_since("BTC-USD", "matches", START + 20_000 * SECOND))
    found = None
    while found is None:
        try:
            found = lookup.run(get)
        except TimeoutError:
            continue
    assert found == 20_000
    uninterrupted = Product(product.trades)
    search(uninterrupted, START + 20_000 * SECOND)
    assert product.requests == uninterrupted.requests


def test_an_answer_that_cannot_be_read_ends_the_search() -> None:
    lookup = Lookup(COINBASE.first_since("BTC-USD", "matches", START))
    with pytest.raises(BadMessageError):
        lookup.run(lambda _: b"<html>")
