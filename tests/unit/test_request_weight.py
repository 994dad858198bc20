"""What producers behind one address use of the exchange's request weight, together and each for itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from cryptostream_producer import rest
from cryptostream_producer.exchanges.base import RestRequest
from cryptostream_producer.exchanges.binance import BINANCE
from cryptostream_producer.metrics import ProducerMetrics
from cryptostream_producer.rest import RestClient, WeightUsedUpError

REQUEST = RestRequest("/api/v3/aggTrades", 4, {"symbol": "BTCUSDT"})

Shards = Callable[[int], RestClient]


@pytest.fixture
def shards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shards]:
    """Makes clients of one address, whose use the exchange counts together."""
    used = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal used
        used += REQUEST.weight
        return httpx.Response(200, headers={"X-MBX-USED-WEIGHT-1M": str(used)})

    made: list[RestClient] = []
    real = httpx.Client
    monkeypatch.setattr(
        rest.httpx, "Client", lambda **given: real(**given, transport=httpx.MockTransport(answer))
    )  # fmt: skip

    def make(share: int) -> RestClient:
        made.append(RestClient(BINANCE, "http://exchange", 1.0, share, 120, ProducerMetrics()))
        return made[-1]

    yield make
    for client in made:
        client.close()


@contextmanager
def _is_refused() -> Iterator[None]:
    with pytest.raises(WeightUsedUpError):
        yield


def _spend(client: RestClient, requests: int) -> None:
    for _ in range(requests):
        client.get(REQUEST)


def test_a_shard_keeps_to_its_share_though_the_address_has_room(shards: Shards) -> None:
    client = shards(40)
    _spend(client, 10)
    with _is_refused():
        client.get(REQUEST)


def test_what_other_shards_use_takes_nothing_of_a_shards_own_share(shards: Shards) -> None:
    first, second = shards(40), shards(40)
    _spend(first, 10)
    _spend(second, 10)
    with _is_refused():
        second.get(REQUEST)


def test_no_shard_goes_on_when_the_address_has_nothing_left(shards: Shards) -> None:
    greedy, modest = shards(120), shards(40)
    _spend(modest, 1)
    _spend(greedy, 28)
    _spend(modest, 1)
    with _is_refused():
        modest.get(REQUEST)
