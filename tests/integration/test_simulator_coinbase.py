"""The simulator's WebSocket and REST as Coinbase Exchange speaks."""

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
import websocket

from harness.listening import Event, StreamListener
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def exchange() -> Iterator[RunningSimulator]:
    symbols = "BTC-USD:400,ETH-USD:200,QUIET-USD:0.05,HALT-USD:halted"
    with RunningSimulator(exchange="coinbase", symbols=symbols, history="3m", weight_limit=60_000) as simulator:
        yield simulator


@pytest.fixture
def faulty(exchange: RunningSimulator) -> Iterator[RunningSimulator]:
    yield exchange
    exchange.clear_faults()


@pytest.fixture
def api(exchange: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=exchange.rest, trust_env=False) as client:
        yield client


def say(listener: StreamListener, **message: Any) -> None:
    listener.socket.send(json.dumps(message))


def subscribe(listener: StreamListener, *products: str, channels: list[Any] | None = None) -> None:
    say(listener, type="subscribe", product_ids=products, channels=channels or ["matches", "heartbeat"])


def of(listener: StreamListener, kind: str, number: int = 1, product: str | None = None) -> list[Event]:
    """The next messages of a type, and of a product if named; others are passed over."""
    found: list[Event] = []
    while len(found) < number:
        message = listener.message()
        if message["type"] == kind and product in (None, message.get("product_id")):
            found.append(message)
    return found


def rows(api: httpx.Client, product: str = "BTC-USD", **params: Any) -> list[dict[str, Any]]:
    answer = api.get(f"/products/{product}/trades", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [row["trade_id"] for row in found]


def test_a_subscription_is_answered_with_the_last_match_before_it_and_continued_without_a_hole(
    exchange: RunningSimulator,
) -> None:
    with StreamListener(exchange.ws) as listener:
        subscribe(listener, "BTC-USD", "HALT-USD")
        messages = [listener.message() for _ in range(2)]
        assert messages[0]["type"] == "last_match"
        assert messages[1] == {
            "type": "subscriptions",
            "channels": [
                {"name": "matches", "product_ids": ["BTC-USD", "HALT-USD"]},
                {"name": "heartbeat", "product_ids": ["BTC-USD", "HALT-USD"]},
            ],
        }
        matches = of(listener, "match", 200)
    first = messages[0]["trade_id"]
    assert ids(matches) == list(range(first + 1, first + 201))
    truth = exchange.tape("BTC-USD", first + 1, first + 200, feed="matches")
    inverse = {"buy": "sell", "sell": "buy"}
    assert [(float(match["price"]), float(match["size"]), inverse[match["side"]]) for match in matches] == [
        (float(fill["price"]), float(fill["quantity"]), fill["side"]) for fill in truth
    ]
    assert {fill["fills"] for fill in truth} == {1}
    assert all(not match["price"].endswith("0") or "." not in match["price"] for match in matches)
    assert all(right["sequence"] > left["sequence"] + 1 for left, right in pairwise(matches)), "it counts other things"


def test_a_heartbeat_comes_every_second_for_each_product(exchange: RunningSimulator) -> None:
    with StreamListener(exchange.ws) as listener:
        subscribe(listener, "QUIET-USD", "HALT-USD")
        beats = of(listener, "heartbeat", 6)
    assert {beat["product_id"] for beat in beats} == {"QUIET-USD", "HALT-USD"}
    [last] = {beat["last_trade_id"] for beat in beats if beat["product_id"] == "HALT-USD"}
    assert last == 0
    assert max(beat["last_trade_id"] for beat in beats) == exchange.tape("QUIET-USD", feed="matches")[-1]["id"]


def test_channels_may_name_their_own_products_and_are_left_one_by_one(exchange: RunningSimulator) -> None:
    with StreamListener(exchange.ws) as listener:
        own = [{"name": "matches", "product_ids": ["BTC-USD", "ETH-USD"]}, "heartbeat", "ticker"]
        subscribe(listener, "ETH-USD", channels=own)
        [reply] = of(listener, "subscriptions")
        assert {each["name"]: each["product_ids"] for each in reply["channels"]} == {
            "matches": ["BTC-USD", "ETH-USD"],
            "heartbeat": ["ETH-USD"],
            "ticker": ["ETH-USD"],
        }
        say(listener, type="unsubscribe", product_ids=["BTC-USD"], channels=["matches"])
        of(listener, "subscriptions")
        assert {match["product_id"] for match in of(listener, "match", 50)} == {"ETH-USD"}
        say(listener, type="unsubscribe", channels=["matches", "ticker"])
        [reply] = of(listener, "subscriptions")
        assert reply["channels"] == [{"name": "heartbeat", "product_ids": ["ETH-USD"]}]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a JSON"),
        ('{"type":"dance"}', "Type has to be"),
        ('{"type":"subscribe","product_ids":["GIBBERISH-USD"],"channels":["matches"]}', "is not a valid product"),
        ('{"type":"subscribe","product_ids":["BTC-USD"],"channels":["gossip"]}', "is not a valid channel"),
        ('{"type":"subscribe","channels":["matches"]}', "at least one product"),
        ('{"type":"subscribe","product_ids":["BTC-USD"]}', "channels must be"),
        ('{"type":"subscribe","product_ids":"BTC-USD","channels":["matches"]}', "product_ids must be"),
    ],
)
def test_what_is_wrong_with_a_message_is_told_and_nothing_is_subscribed(
    exchange: RunningSimulator, text: str, reason: str
) -> None:
    with StreamListener(exchange.ws) as listener:
        listener.socket.send(text)
        error = listener.message()
        assert error["type"] == "error"
        assert reason in error["reason"]
        assert [c["streams"] for c in exchange.state()["connections"]] == [[]]
    until(lambda: not exchange.state()["connections"], "the connection to be forgotten")


def test_a_product_and_channel_may_be_subscribed_to_ten_times(exchange: RunningSimulator) -> None:
    listeners = [StreamListener(exchange.ws) for _ in range(11)]
    try:
        for listener in listeners[:10]:
            subscribe(listener, "QUIET-USD", channels=["heartbeat"])
            of(listener, "subscriptions")
        subscribe(listeners[10], "QUIET-USD", channels=["heartbeat"])
        assert "limit" in listeners[10].message()["reason"]
    finally:
        for listener in listeners:
            listener.close()
    until(lambda: not exchange.state()["connections"], "the connections to be forgotten")


def test_who_does_not_subscribe_within_five_seconds_is_cut_and_who_does_is_not(exchange: RunningSimulator) -> None:
    with StreamListener(exchange.ws) as silent, StreamListener(exchange.ws) as subscribed:
        opened = time.monotonic()
        subscribe(subscribed, "HALT-USD", channels=["heartbeat"])
        opcode, _ = silent.socket.recv_data(control_frame=True)
        assert opcode == websocket.ABNF.OPCODE_CLOSE
        assert 4.5 < time.monotonic() - opened < 8
        of(subscribed, "heartbeat", 5)


def test_twenty_connections_are_allowed_at_once_and_then_eight_a_second() -> None:
    with RunningSimulator(exchange="coinbase", symbols="BTC-USD:1", history="1m") as simulator:
        opened: list[StreamListener] = []
        with pytest.raises(websocket.WebSocketBadStatusException, match="429"):
            while len(opened) < 60:
                opened.append(StreamListener(simulator.ws))
        assert len(opened) >= 20
        for listener in opened:
            listener.close()


def test_the_newest_trades_come_first_with_cursors_to_both_sides(api: httpx.Client) -> None:
    answer = api.get("/products/BTC-USD/trades", params={"limit": 5})
    page = answer.json()
    assert ids(page) == list(range(page[0]["trade_id"], page[0]["trade_id"] - 5, -1))
    assert (answer.headers["CB-BEFORE"], answer.headers["CB-AFTER"]) == (
        str(page[0]["trade_id"]),
        str(page[-1]["trade_id"]),
    )
    older = rows(api, limit=5, after=answer.headers["CB-AFTER"])
    assert ids(older) == list(range(page[-1]["trade_id"] - 1, page[-1]["trade_id"] - 6, -1))
    newer = rows(api, limit=3, before=older[-1]["trade_id"], after=page[-1]["trade_id"])
    assert ids(newer) == ids(older)[:3]


def test_paging_back_gives_the_whole_tape(exchange: RunningSimulator, api: httpx.Client) -> None:
    found: list[dict[str, Any]] = []
    after = 5001
    while page := rows(api, after=after):
        found += page
        after = page[-1]["trade_id"]
    truth = exchange.tape("BTC-USD", 1, 5000, feed="matches")
    inverse = {"buy": "sell", "sell": "buy"}
    assert [(row["trade_id"], row["price"], row["size"], inverse[row["side"]]) for row in reversed(found)] == [
        (fill["id"], fill["price"], fill["quantity"], fill["side"]) for fill in truth
    ]


def test_a_cursor_beyond_the_newest_trade_leads_to_the_newest(exchange: RunningSimulator, api: httpx.Client) -> None:
    before = exchange.tape("BTC-USD", feed="matches")[-1]["id"]
    assert ids(rows(api, after=10**12, limit=1))[0] >= before
    assert len(rows(api, limit=5000)) == 1000
    assert rows(api, "HALT-USD") == []
    assert rows(api, after=1) == []


def test_products_and_their_status(api: httpx.Client) -> None:
    products = {each["id"]: each for each in api.get("/products").json()}
    assert list(products) == ["BTC-USD", "ETH-USD", "QUIET-USD", "HALT-USD"]
    assert {each["status"] for each in products.values()} == {"online"}
    assert [name for name, each in products.items() if each["trading_disabled"]] == ["HALT-USD"]
    assert api.get("/products/BTC-USD").json() == products["BTC-USD"]
    missing = api.get("/products/NO-USD")
    assert (missing.status_code, missing.json()) == (404, {"message": "NotFound"})
    assert api.get("/products/NO-USD/trades").status_code == 404


def test_the_time_is_told_twice(exchange: RunningSimulator, api: httpx.Client) -> None:
    told = api.get("/time").json()
    assert abs(told["epoch"] * 1e6 - exchange.state()["now"]) < 2_000_000
    assert told["iso"].endswith(f"{told['epoch'] % 1:.3f}"[1:] + "Z")


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "many"}, {"after": "-1"}, {"before": ""}])
def test_wrong_parameters_are_refused(api: httpx.Client, params: dict[str, str]) -> None:
    answer = api.get("/products/BTC-USD/trades", params=params)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid")


def test_fifteen_requests_are_allowed_at_once_and_then_ten_a_second() -> None:
    with (
        RunningSimulator(exchange="coinbase", symbols="BTC-USD:1", history="1m") as simulator,
        httpx.Client(base_url=simulator.rest, trust_env=False) as api,
    ):
        answers = [api.get("/time") for _ in range(60)]
        assert [answer.status_code for answer in answers[:15]] == [200] * 15
        limited = next(answer for answer in answers if answer.status_code == 429)
        assert limited.json() == {"message": "Public rate limit exceeded"}
        until(lambda: api.get("/time").status_code == 200, "a token", interval=0.2)


def test_faults_strike_matches_as_they_strike_any_stream(faulty: RunningSimulator, api: httpx.Client) -> None:
    with StreamListener(faulty.ws) as listener:
        subscribe(listener, "BTC-USD")
        before = of(listener, "match", 10)[-1]["trade_id"]
        faulty.fault({"kind": "drop", "symbol": "BTC-USD", "count": 4})
        faulty.fault({"kind": "duplicate", "symbol": "BTC-USD", "count": 4})
        until(lambda: faulty.faults()["done"].get("duplicate", 0) >= 4, "the faults to strike")
        seen = [before, *ids(of(listener, "match", 400))]
        assert sum(right == left for left, right in pairwise(seen)) == 4
        assert sum(right - left - 1 for left, right in pairwise(seen) if right > left) == 4
        fault = faulty.fault({"kind": "rest_missing", "symbol": "BTC-USD", "next": 20, "on_stream": True})
        missing = set(range(fault["from_id"], fault["to_id"] + 1))
        last = 0
        while last <= fault["to_id"]:
            last = of(listener, "match")[0]["trade_id"]
            assert last not in missing
    assert ids(rows(api, after=fault["to_id"] + 2, limit=2)) == [fault["to_id"] + 1, fault["from_id"] - 1]


def test_malformed_rows_bad_matches_and_limits_come_as_asked(faulty: RunningSimulator, api: httpx.Client) -> None:
    faulty.fault({"kind": "rest_malformed", "symbol": "BTC-USD", "from_id": 10})
    assert [row["price"] == "not-a-price" for row in rows(api, after=12, limit=3)] == [False, True, False]
    faulty.fault({"kind": "rest_429", "count": 1, "retry_after": 7})
    assert api.get("/time").headers["Retry-After"] == "7"
    with StreamListener(faulty.ws) as listener:
        subscribe(listener, "BTC-USD")
        of(listener, "match", 5)
        faulty.fault({"kind": "bad_fields", "count": 1})
        while of(listener, "match")[0]["price"] != "NaN":
            pass
        faulty.fault({"kind": "bad_json", "count": 1})
        with pytest.raises(json.JSONDecodeError):
            of(listener, "match", 5000)


def test_symbols_of_another_exchange_are_refused_with_the_form() -> None:
    with pytest.raises(RuntimeError, match=r"'BTCUSDT' is not a symbol of coinbase: .* as in BTC-USD"):
        RunningSimulator(exchange="coinbase", symbols="BTCUSDT")
