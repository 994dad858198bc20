"""The simulator's WebSocket speaks the exchange's protocol."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import httpx
import pytest
import websocket

from harness.listening import Event, StreamListener, next_frame
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def exchange() -> Iterator[RunningSimulator]:
    symbols = "BTCUSDT:1000,ETHUSDT:700,QUIETUSDT:0.02,HALTUSDT:halted"
    with RunningSimulator(symbols=symbols, history="3m", messages_per_second=50) as simulator:
        yield simulator


def as_truth(event: Event) -> dict[str, Any]:
    """An aggTrade event in microseconds, as the admin tape would show it."""
    return {
        "id": event["a"],
        "price": event["p"],
        "quantity": event["q"],
        "fills": event["l"] - event["f"] + 1,
        "time": event["T"],
        "side": "sell" if event["m"] else "buy",
    }


def test_a_raw_stream_carries_the_tape_without_a_gap_in_ids_or_fills(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/ws/btcusdt@aggTrade?timeUnit=MICROSECOND") as listener:
        events = listener.events(300)
    ids = [event["a"] for event in events]
    assert ids == list(range(ids[0], ids[0] + 300))
    assert all(right["f"] == left["l"] + 1 for left, right in pairwise(events))
    assert [as_truth(event) for event in events] == exchange.tape("BTCUSDT", ids[0], ids[-1])


def test_the_stream_continues_the_ids_of_history(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/ws/btcusdt@aggTrade") as listener:
        first = listener.event()["a"]
        history = httpx.get(
            f"{exchange.rest}/api/v3/aggTrades", params={"symbol": "BTCUSDT", "fromId": first - 50}
        ).json()
    assert [row["a"] for row in history][:51] == list(range(first - 50, first + 1))
    assert exchange.tape("BTCUSDT", to_id=1)[0]["id"] == 1


@pytest.mark.parametrize(("query", "per_unit"), [("", 1000), ("&timeUnit=MICROSECOND", 1)])
def test_event_times_never_fall_and_are_never_before_the_trade(
    exchange: RunningSimulator, query: str, per_unit: int
) -> None:
    with StreamListener(f"{exchange.ws}/stream?streams=btcusdt@aggTrade/ethusdt@trade{query}") as listener:
        events = listener.events(300)
    times = [event["E"] for event in events]
    assert times == sorted(times)
    assert all(event["T"] <= event["E"] for event in events)
    assert abs(times[-1] * per_unit - exchange.state()["now"]) < 5_000_000


def test_the_trade_stream_carries_the_single_fills(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/ws/ethusdt@trade?timeUnit=MICROSECOND") as listener:
        events = listener.events(200)
    ids = [event["t"] for event in events]
    assert ids == list(range(ids[0], ids[0] + 200))
    fills = exchange.tape("ETHUSDT", ids[0], ids[-1], feed="trade")
    assert [(event["t"], event["p"], event["q"], event["T"]) for event in events] == [
        (fill["id"], fill["price"], fill["quantity"], fill["time"]) for fill in fills
    ]
    assert not {"a", "b", "f", "l"} & set(events[0])


def test_a_combined_connection_wraps_each_event_with_its_stream(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade") as listener:
        messages = [listener.message() for _ in range(100)]
    assert {message["stream"] for message in messages} == {"btcusdt@aggTrade", "ethusdt@aggTrade"}
    assert all(message["stream"] == f"{message['data']['s'].lower()}@aggTrade" for message in messages)


def test_streams_are_subscribed_listed_and_unsubscribed_on_a_live_connection(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/ws") as listener:
        assert listener.call("LIST_SUBSCRIPTIONS") == {"result": [], "id": 1}
        assert listener.call("SUBSCRIBE", ["btcusdt@aggTrade", "ethusdt@aggTrade"]) == {"result": None, "id": 2}
        assert {event["s"] for event in listener.events(100)} == {"BTCUSDT", "ETHUSDT"}
        assert listener.call("LIST_SUBSCRIPTIONS")["result"] == ["btcusdt@aggTrade", "ethusdt@aggTrade"]
        assert listener.call("UNSUBSCRIBE", ["btcusdt@aggTrade"])["result"] is None
        listener.forget()
        assert {event["s"] for event in listener.events(50)} == {"ETHUSDT"}


def test_streams_that_do_not_exist_are_accepted_and_silent(exchange: RunningSimulator) -> None:
    names = ["nosuchcoin@aggTrade", "BTCUSDT@aggTrade", "btcusdt@depth", "haltusdt@aggTrade"]
    with StreamListener(f"{exchange.ws}/stream?streams={'/'.join(names)}") as listener:
        assert listener.call("LIST_SUBSCRIPTIONS")["result"] == names
        assert listener.call("SUBSCRIBE", ["nonsense"])["result"] is None
        assert listener.call("SUBSCRIBE", ["ethusdt@aggTrade"])["result"] is None
        assert {event["s"] for event in listener.events(100)} == {"ETHUSDT"}


def test_the_combined_property_is_read_and_changed(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/ws/btcusdt@aggTrade") as listener:
        assert listener.call("GET_PROPERTY", ["combined"])["result"] is False
        assert listener.call("SET_PROPERTY", ["combined", True])["result"] is None
        assert listener.message()["stream"] == "btcusdt@aggTrade"
        assert listener.call("GET_PROPERTY", ["combined"])["result"] is True


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("nonsense", 3, "Invalid JSON"),
        ("[]", 2, "expected an object"),
        ('{"id":1}', 2, "missing field `method`"),
        ('{"method":"SHOUT","id":1}', 2, "unknown variant `SHOUT`"),
        ('{"method":"SUBSCRIBE","id":1}', 2, "missing field `params`"),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2, "must be strings"),
        ('{"method":"LIST_SUBSCRIPTIONS","id":-1}', 2, "unsigned integer"),
        ('{"method":"LIST_SUBSCRIPTIONS","id":"not alphanumeric"}', 2, "unsigned integer"),
        ('{"method":"SET_PROPERTY","params":["colour",true],"id":1}', 0, "Unknown property"),
        ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1, "expected Boolean"),
        ('{"method":"GET_PROPERTY","params":[5],"id":1}', 2, "must be a string"),
        ('{"method":"GET_PROPERTY","params":["combined",1],"id":1}', 2, "too many parameters"),
    ],
)
def test_control_messages_that_make_no_sense_get_the_exchange_s_error(
    exchange: RunningSimulator, text: str, code: int, reason: str
) -> None:
    with StreamListener(f"{exchange.ws}/ws") as listener:
        reply = listener.reply(text)
        assert reply["code"] == code
        assert reason in reply["msg"]
        assert listener.call("LIST_SUBSCRIPTIONS")["result"] == []


def test_a_ping_of_the_client_is_answered_with_its_payload(exchange: RunningSimulator) -> None:
    with StreamListener(f"{exchange.ws}/ws") as listener:
        listener.socket.ping("hello")
        frame = next_frame(listener.socket)
        assert (frame.opcode, frame.data) == (websocket.ABNF.OPCODE_PONG, b"hello")


def closing_code(socket: websocket.WebSocket) -> int:
    """Read until the server closes, answering nothing; the code of its close frame, 0 for an abrupt end."""
    try:
        while True:
            frame = next_frame(socket)
            if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(frame.data[:2])
    except (websocket.WebSocketException, OSError):
        return 0


def test_a_client_is_pinged_and_cut_only_if_it_does_not_answer() -> None:
    with RunningSimulator(
        symbols="QUIETUSDT:0.02", history="1m", ping_interval="100ms", pong_timeout="800ms", messages_per_second=100
    ) as simulator:
        silent, chatty, polite = (websocket.create_connection(f"{simulator.ws}/ws", timeout=10) for _ in range(3))
        pings = 0
        while len(simulator.state()["connections"]) > 1:
            ping = next_frame(polite)
            assert ping.opcode == websocket.ABNF.OPCODE_PING
            polite.pong(ping.data)
            with suppress(OSError):
                chatty.pong(b"unsolicited")
            pings += 1
            assert pings < 100
        assert closing_code(silent) == closing_code(chatty) == 0
        assert next_frame(polite).opcode == websocket.ABNF.OPCODE_PING
        polite.close()


def test_a_silence_can_take_the_pings_with_it() -> None:
    with RunningSimulator(symbols="BTCUSDT:200", history="1m", ping_interval="50ms") as simulator:
        socket = websocket.create_connection(f"{simulator.ws}/ws/btcusdt@aggTrade", timeout=0.3)
        assert next_frame(socket)
        simulator.fault({"kind": "silence", "pings": False})
        with pytest.raises(websocket.WebSocketTimeoutException):
            while True:
                next_frame(socket)
        simulator.clear_faults()
        socket.settimeout(10)
        assert next_frame(socket)
        socket.close()


def test_a_connection_lives_only_so_long() -> None:
    with RunningSimulator(symbols="BTCUSDT:50", history="1m", connection_life="300ms") as simulator:
        started = time.monotonic()
        socket = websocket.create_connection(f"{simulator.ws}/ws/btcusdt@aggTrade", timeout=10)
        assert closing_code(socket) == 1001
        assert 0.25 < time.monotonic() - started < 3
        until(lambda: not simulator.state()["connections"], "the connection to be forgotten")


def test_1024_streams_fit_into_the_url_of_one_connection() -> None:
    with RunningSimulator(symbols="BTCUSDT:50", history="1m") as simulator:
        names = ["btcusdt@aggTrade", *(f"veryveryveryverylongname{number}usdt@aggTrade" for number in range(1023))]
        with StreamListener(f"{simulator.ws}/stream?streams={'/'.join(names)}") as listener:
            assert listener.event()["s"] == "BTCUSDT"
            assert listener.call("LIST_SUBSCRIPTIONS")["result"] == names
            assert listener.call("SUBSCRIBE", ["ethusdt@trade"])["code"] == 2


def test_limits_on_messages_streams_and_connection_attempts() -> None:
    with RunningSimulator(
        symbols="BTCUSDT:5", history="1m", streams_per_connection=2, connection_attempts=4
    ) as simulator:
        with StreamListener(f"{simulator.ws}/ws/a@trade/b@trade") as listener:
            assert listener.call("SUBSCRIBE", ["a@trade"])["result"] is None
            refused = listener.call("SUBSCRIBE", ["c@trade"])
            assert refused["code"] == 2
            assert "at most 2" in refused["msg"]
        with pytest.raises(websocket.WebSocketBadStatusException) as too_many:
            StreamListener(f"{simulator.ws}/ws/a@trade/b@trade/c@trade")
        assert too_many.value.status_code == 400
        hasty = websocket.create_connection(f"{simulator.ws}/ws", timeout=10)
        for number in range(6):
            hasty.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
        assert closing_code(hasty) == 1008
        StreamListener(f"{simulator.ws}/ws").close()
        with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
            StreamListener(f"{simulator.ws}/ws")
        assert refusal.value.status_code == 429


def test_a_client_that_does_not_read_is_cut() -> None:
    with RunningSimulator(symbols="BTCUSDT:5000", history="10s", speed=20, send_buffer=200_000) as simulator:
        socket = websocket.create_connection(f"{simulator.ws}/ws/btcusdt@aggTrade", timeout=10)
        until(lambda: not simulator.state()["connections"], "the slow connection to be cut")
        socket.close()


def test_a_fast_clock_runs_at_its_speed_from_its_origin() -> None:
    with RunningSimulator(symbols="BTCUSDT:20", history="1m", speed=50, origin="2025-06-01T12:00:00") as simulator:
        assert simulator.state()["liveStart"] == 1_748_779_200_000_000
        with StreamListener(f"{simulator.ws}/ws/btcusdt@aggTrade") as listener:
            started, first = time.monotonic(), listener.event()["E"]
            last = listener.events_until(lambda event: event["E"] > first + 30_000)[-1]["E"]
        assert (last - first) / 1000 / (time.monotonic() - started) == pytest.approx(50, rel=0.3)


def test_backdated_trades_are_late_in_time_but_in_order_of_id() -> None:
    with RunningSimulator(symbols="BTCUSDT:1500", history="1m", backdated_share=0.1, backdated_by="20s") as simulator:
        with StreamListener(f"{simulator.ws}/ws/btcusdt@aggTrade") as listener:
            events = listener.events(300)
        assert [event["a"] for event in events] == list(range(events[0]["a"], events[0]["a"] + 300))
        assert sum(event["T"] < event["E"] - 2000 for event in events) > 5


def test_5000_trades_a_second_to_one_connection_cost_a_fraction_of_a_core() -> None:
    symbols = [f"C{number}USDT" for number in range(10)]
    streams = "/".join(f"{symbol.lower()}@aggTrade" for symbol in symbols)
    with RunningSimulator(
        symbols=",".join(f"{symbol}:500" for symbol in symbols), history="10s", burstiness=0
    ) as simulator:
        with StreamListener(f"{simulator.ws}/stream?streams={streams}") as listener:
            began, spent = time.monotonic(), simulator.cpu_seconds()
            received = 0
            while time.monotonic() - began < 3:
                listener.socket.recv()
                received += 1
            elapsed = time.monotonic() - began
            share = (simulator.cpu_seconds() - spent) / elapsed
        assert received / elapsed == pytest.approx(5000, rel=0.15)
        assert share < 0.4
