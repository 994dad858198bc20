"""The simulator's REST serves history as the exchange does, within its limits."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from harness.listening import StreamListener
from harness.simulator import RunningSimulator

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def exchange() -> Iterator[RunningSimulator]:
    symbols = "BTCUSDT:20,ETHUSDT:10,QUIETUSDT:0.02,HALTUSDT:halted"
    with RunningSimulator(symbols=symbols, history="3m", weight_limit=100_000) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def api(exchange: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{exchange.rest}/api/v3", trust_env=False) as client:
        yield client


def get(api: httpx.Client, path: str, **params: Any) -> Any:
    answer = api.get(path, params=params, headers={"X-MBX-TIME-UNIT": "MICROSECOND"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def truth_of(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["a"],
        "price": row["p"],
        "quantity": row["q"],
        "fills": row["l"] - row["f"] + 1,
        "time": row["T"],
        "side": "sell" if row["m"] else "buy",
    }


def test_paging_by_id_gives_the_whole_tape(exchange: RunningSimulator, api: httpx.Client) -> None:
    truth = exchange.tape("BTCUSDT")
    rows: list[dict[str, Any]] = []
    while len(rows) < len(truth):
        page = get(api, "/aggTrades", symbol="BTCUSDT", fromId=len(rows) + 1, limit=700)
        assert page
        rows += page
    assert len(truth) > 2000
    assert [truth_of(row) for row in rows[: len(truth)]] == truth


def test_a_time_range_holds_both_its_ends(exchange: RunningSimulator, api: httpx.Client) -> None:
    truth = exchange.tape("BTCUSDT")
    start, end = truth[100]["time"], truth[400]["time"]
    expected = [trade["id"] for trade in truth if start <= trade["time"] <= end]
    assert [row["a"] for row in get(api, "/aggTrades", symbol="BTCUSDT", startTime=start, endTime=end)] == expected
    whole_ms = [trade["id"] for trade in truth if start // 1000 <= trade["time"] // 1000 <= end // 1000]
    rows = get(api, "/aggTrades", symbol="BTCUSDT", startTime=start // 1000, endTime=end // 1000)
    assert [row["a"] for row in rows] == whole_ms


def test_a_start_time_alone_reads_forward_and_an_end_time_alone_the_last_before_it(
    exchange: RunningSimulator, api: httpx.Client
) -> None:
    truth = exchange.tape("ETHUSDT")
    middle = truth[500]["time"]
    from_there = [trade["id"] for trade in truth if trade["time"] >= middle][:50]
    until_there = [trade["id"] for trade in truth if trade["time"] <= middle][-50:]
    assert [row["a"] for row in get(api, "/aggTrades", symbol="ETHUSDT", startTime=middle, limit=50)] == from_there
    assert [row["a"] for row in get(api, "/aggTrades", symbol="ETHUSDT", endTime=middle, limit=50)] == until_there


def test_without_ids_or_times_the_latest_500_come_oldest_first(exchange: RunningSimulator, api: httpx.Client) -> None:
    before = exchange.tape("BTCUSDT")[-1]["id"]
    ids = [row["a"] for row in get(api, "/aggTrades", symbol="BTCUSDT")]
    assert len(ids) == 500
    assert ids == list(range(ids[0], ids[0] + 500))
    assert ids[-1] >= before
    assert len(get(api, "/aggTrades", symbol="BTCUSDT", limit=5000)) == 1000


def test_single_fills_are_paged_by_their_own_ids(exchange: RunningSimulator, api: httpx.Client) -> None:
    rows = get(api, "/historicalTrades", symbol="BTCUSDT", fromId=777, limit=200)
    truth = exchange.tape("BTCUSDT", 777, 976, feed="trade")
    assert [(row["id"], row["price"], row["qty"], row["time"]) for row in rows] == [
        (fill["id"], fill["price"], fill["quantity"], fill["time"]) for fill in truth
    ]
    latest = get(api, "/trades", symbol="BTCUSDT", limit=10)
    assert len(latest) == 10
    assert latest[0]["id"] == latest[-1]["id"] - 9


def test_nothing_is_served_before_it_is_published(exchange: RunningSimulator, api: httpx.Client) -> None:
    now = get(api, "/time")["serverTime"]
    assert get(api, "/aggTrades", symbol="BTCUSDT", startTime=now + 60_000_000) == []
    assert get(api, "/aggTrades", symbol="BTCUSDT", fromId=10**9) == []
    latest = get(api, "/aggTrades", symbol="BTCUSDT")[-1]
    assert latest["T"] <= exchange.state()["now"]


def test_a_symbol_without_trades_has_empty_pages_and_is_halted(api: httpx.Client) -> None:
    assert get(api, "/aggTrades", symbol="HALTUSDT") == []
    assert get(api, "/aggTrades", symbol="HALTUSDT", fromId=1) == []
    listed = {each["symbol"]: each["status"] for each in get(api, "/exchangeInfo")["symbols"]}
    assert listed == {"BTCUSDT": "TRADING", "ETHUSDT": "TRADING", "QUIETUSDT": "TRADING", "HALTUSDT": "BREAK"}
    (bitcoin,) = get(api, "/exchangeInfo", symbols='["BTCUSDT"]')["symbols"]
    assert (bitcoin["baseAsset"], bitcoin["quoteAsset"]) == ("BTC", "USDT")


def test_times_are_milliseconds_unless_asked(api: httpx.Client) -> None:
    assert 10**12 < api.get("/time").json()["serverTime"] < 10**13
    assert 10**15 < get(api, "/time")["serverTime"] < 10**16
    assert 10**12 < api.get("/aggTrades", params={"symbol": "BTCUSDT"}).json()[0]["T"] < 10**13


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/aggTrades", {}, -1102),
        ("/aggTrades", {"symbol": "NOUSDT"}, -1121),
        ("/aggTrades", {"symbol": "btcusdt"}, -1121),
        ("/aggTrades", {"symbol": "BTCUSDT", "limit": "many"}, -1100),
        ("/aggTrades", {"symbol": "BTCUSDT", "fromId": "-1"}, -1100),
        ("/aggTrades", {"symbol": "BTCUSDT", "fromId": ""}, -1105),
        ("/aggTrades", {"symbol": "BTCUSDT", "limit": "0"}, -1130),
        ("/aggTrades", {"symbol": "BTCUSDT", "fromId": "5", "startTime": "1700000000000"}, -1128),
        ("/aggTrades", {"symbol": "BTCUSDT", "startTime": "1700000001000", "endTime": "1700000000000"}, -1128),
        ("/historicalTrades", {"symbol": "NOUSDT"}, -1121),
        ("/exchangeInfo", {"symbol": "NOUSDT"}, -1121),
        ("/exchangeInfo", {"symbols": "BTCUSDT"}, -1100),
    ],
)
def test_wrong_parameters_get_the_exchange_s_error(
    api: httpx.Client, path: str, params: dict[str, str], code: int
) -> None:
    answer = api.get(path, params=params)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["msg"]


@pytest.mark.parametrize(
    ("path", "weight"), [("/aggTrades", 4), ("/historicalTrades", 25), ("/trades", 25), ("/time", 1)]
)
def test_each_call_adds_its_weight(api: httpx.Client, path: str, weight: int) -> None:
    used = [int(api.get(path, params={"symbol": "BTCUSDT"}).headers["X-MBX-USED-WEIGHT-1M"]) for _ in range(2)]
    assert used[1] - used[0] == weight or used[1] == weight


def test_too_much_weight_is_refused_and_who_goes_on_is_banned() -> None:
    with RunningSimulator(symbols="BTCUSDT", history="1m", weight_limit=20, ban_after=3, ban="30s") as simulator:
        url = f"{simulator.rest}/api/v3/aggTrades?symbol=BTCUSDT"
        answers = [httpx.get(url, trust_env=False) for _ in range(25)]
        by_status = {answer.status_code: answer for answer in answers}
        assert list(by_status) == [200, 429, 418]
        assert by_status[429].json()["code"] == by_status[418].json()["code"] == -1003
        assert 1 <= int(by_status[429].headers["Retry-After"]) <= 60
        assert 20 <= int(by_status[418].headers["Retry-After"]) <= 30
        assert simulator.state()["symbols"]["BTCUSDT"]["lastId"] > 0


def test_rest_may_lag_behind_the_stream() -> None:
    with RunningSimulator(symbols="BTCUSDT:200", history="1m", rest_lag="5s") as simulator:
        with StreamListener(f"{simulator.ws}/ws/btcusdt@aggTrade?timeUnit=MICROSECOND") as listener:
            seen = listener.event()
        url = f"{simulator.rest}/api/v3/aggTrades?symbol=BTCUSDT"
        latest = httpx.get(url, headers={"X-MBX-TIME-UNIT": "MICROSECOND"}, trust_env=False).json()[-1]
        assert latest["a"] < seen["a"]
        assert latest["T"] < seen["T"] - 3_000_000


def test_backdated_trades_are_found_by_their_own_time() -> None:
    with RunningSimulator(
        symbols="BTCUSDT:20", history="2m", backdated_share=0.2, backdated_by="10s", weight_limit=100_000
    ) as simulator:
        truth = simulator.tape("BTCUSDT")
        now = simulator.state()["now"]
        start, end = now - 60_000_000, now - 30_000_000
        expected = [trade["id"] for trade in truth if start <= trade["time"] <= end][:1000]
        params = {"symbol": "BTCUSDT", "startTime": start, "endTime": end, "limit": 1000}
        rows = httpx.get(f"{simulator.rest}/api/v3/aggTrades", params=params, trust_env=False).json()
        assert [row["a"] for row in rows] == expected
        assert len(expected) > 100
