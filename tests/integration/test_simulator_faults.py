"""Each fault can be asked for over the admin endpoint, shows on the wire, and leaves the truth alone."""

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
import websocket

from harness.listening import StreamListener
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def exchange() -> Iterator[RunningSimulator]:
    with RunningSimulator(
        symbols="BTCUSDT:1500,ETHUSDT:1500,LASTUSDT:5:halted@0s", history="1m", weight_limit=100_000
    ) as simulator:
        yield simulator


@pytest.fixture
def faulty(exchange: RunningSimulator) -> Iterator[RunningSimulator]:
    yield exchange
    exchange.clear_faults()


@pytest.fixture
def listener(faulty: RunningSimulator) -> Iterator[StreamListener]:
    with StreamListener(f"{faulty.ws}/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade") as listener:
        listener.events(10)
        yield listener


def until_done(exchange: RunningSimulator, kind: str, times: int = 1) -> None:
    until(lambda: exchange.faults()["done"].get(kind, 0) >= times, f"{kind} to strike")


def ids(listener: StreamListener, number: int, symbol: str = "BTCUSDT") -> list[int]:
    return [event["a"] for event in listener.events(number, symbol)]


def rest(exchange: RunningSimulator, path: str = "aggTrades", **params: Any) -> httpx.Response:
    return httpx.get(f"{exchange.rest}/api/v3/{path}", params={"symbol": "BTCUSDT", **params}, trust_env=False)


def test_dropped_trades_leave_a_jump_in_the_ids_of_their_symbol_alone(
    faulty: RunningSimulator, listener: StreamListener
) -> None:
    before = ids(listener, 1)[0]
    faulty.fault({"kind": "drop", "symbol": "BTCUSDT", "count": 5})
    events = listener.events_until(lambda event: event["s"] == "BTCUSDT" and event["a"] > before + 300)
    bitcoin = [event["a"] for event in events if event["s"] == "BTCUSDT"]
    ether = [event["a"] for event in events if event["s"] == "ETHUSDT"]
    assert sum(right - left - 1 for left, right in pairwise([before, *bitcoin])) == 5
    assert ether == list(range(ether[0], ether[0] + len(ether)))
    truth = [trade["id"] for trade in faulty.tape("BTCUSDT", before, bitcoin[-1])]
    assert truth == list(range(before, bitcoin[-1] + 1))
    assert [row["a"] for row in rest(faulty, fromId=before, limit=len(truth)).json()] == truth


def test_duplicated_trades_come_twice(faulty: RunningSimulator, listener: StreamListener) -> None:
    faulty.fault({"kind": "duplicate", "symbol": "BTCUSDT", "probability": 0.5, "seed": 3})
    until_done(faulty, "duplicate")
    seen = ids(listener, 300)
    assert len(seen) - len(set(seen)) > 50
    assert sorted(set(seen)) == list(range(min(seen), max(seen) + 1))


def test_reordered_trades_are_overtaken_and_none_is_lost(faulty: RunningSimulator, listener: StreamListener) -> None:
    before = ids(listener, 1)[0]
    faulty.fault({"kind": "reorder", "symbol": "BTCUSDT", "probability": 0.2, "distance": 3})
    until_done(faulty, "reorder")
    seen = ids(listener, 600)
    assert seen != sorted(seen)
    assert len(set(seen)) == 600
    assert set(seen) >= set(range(before + 1, max(seen) - 20))


def test_delayed_trades_come_later_by_the_delay(faulty: RunningSimulator, listener: StreamListener) -> None:
    faulty.fault({"kind": "delay", "symbol": "BTCUSDT", "delay_ms": 400})
    until_done(faulty, "delay")
    events = listener.events_until(lambda event: event["s"] == "BTCUSDT" and event["E"] - event["T"] >= 400)
    assert events[-1]["E"] - events[-1]["T"] < 2000
    others = [event["E"] - event["T"] for event in events if event["s"] == "ETHUSDT"]
    assert sorted(others)[len(others) // 2] < 100


def test_silence_keeps_the_connection_and_sends_nothing_of_the_symbol(
    faulty: RunningSimulator, listener: StreamListener
) -> None:
    before = listener.events(1, "BTCUSDT")
    fault = faulty.fault({"kind": "silence", "symbol": "BTCUSDT", "seconds": 0.4})
    assert fault["secondsLeft"] == pytest.approx(0.4, abs=0.1)
    until(lambda: not faulty.faults()["active"], "the silence to end")
    found = before + listener.events(300, "BTCUSDT")
    jumps = [right["a"] - left["a"] for left, right in pairwise(found) if right["a"] != left["a"] + 1]
    assert len(jumps) == 1
    assert jumps[0] > 20


def test_bad_json_and_bad_fields_come_in_place_of_a_trade(faulty: RunningSimulator) -> None:
    with StreamListener(f"{faulty.ws}/ws/btcusdt@aggTrade") as listener:
        listener.events(5)
        faulty.fault({"kind": "bad_json", "count": 3})
        faulty.fault({"kind": "bad_fields", "count": 2})
        broken, unpriced, good = 0, 0, 0
        while broken < 3 or unpriced < 2:
            text = listener.socket.recv()
            try:
                event = json.loads(text)
            except json.JSONDecodeError:
                broken += 1
                continue
            unpriced += event["p"] == "NaN"
            good += 1
        assert (broken, unpriced) == (3, 2)
        assert good >= 2


def test_an_absurd_time_is_far_from_the_event_s(faulty: RunningSimulator, listener: StreamListener) -> None:
    faulty.fault({"kind": "absurd_time", "symbol": "BTCUSDT", "count": 1, "offset_ms": -86_400_000})
    event = listener.events_until(lambda event: event["T"] < event["E"] - 80_000_000)[-1]
    (truth,) = faulty.tape("BTCUSDT", event["a"], event["a"])
    assert truth["time"] // 1000 == event["T"] + 86_400_000


def test_cut_closes_the_connections_of_a_symbol_or_all(faulty: RunningSimulator) -> None:
    bitcoin = StreamListener(f"{faulty.ws}/ws/btcusdt@aggTrade")
    ether = StreamListener(f"{faulty.ws}/ws/ethusdt@aggTrade")
    bitcoin.event(), ether.event()
    assert faulty.fault({"kind": "cut", "symbol": "BTCUSDT"})["done"] == 1
    with pytest.raises((websocket.WebSocketException, OSError)):
        bitcoin.events(10_000)
    ether.events(10)
    faulty.fault({"kind": "cut"})
    with pytest.raises((websocket.WebSocketException, OSError)):
        ether.events(10_000)
    assert faulty.faults()["active"] == []


def test_refuse_turns_new_connections_away_and_leaves_open_ones_alone(
    faulty: RunningSimulator, listener: StreamListener
) -> None:
    faulty.fault({"kind": "refuse"})
    with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
        StreamListener(f"{faulty.ws}/ws")
    assert refusal.value.status_code == 503
    listener.event()
    faulty.clear_faults()
    StreamListener(f"{faulty.ws}/ws").close()


def test_server_shutdown_is_announced_in_the_form_of_the_connection_and_then_carried_out(
    faulty: RunningSimulator,
) -> None:
    with StreamListener(f"{faulty.ws}/ws") as raw, StreamListener(f"{faulty.ws}/stream?streams=a") as wrapped:
        faulty.fault({"kind": "server_shutdown", "close_after": 0.2})
        notice = raw.message()
        assert notice.keys() == {"e", "E"}
        assert notice["e"] == "serverShutdown"
        notice = wrapped.message()
        assert notice["stream"] == "!serverShutdown"
        assert notice["data"]["e"] == "serverShutdown"
        for each in (raw, wrapped):
            opcode, _ = each.socket.recv_data(control_frame=True)
            assert opcode == websocket.ABNF.OPCODE_CLOSE


def test_rest_429_and_5xx_come_as_often_as_asked(faulty: RunningSimulator) -> None:
    faulty.fault({"kind": "rest_429", "count": 1, "retry_after": 7})
    limited = rest(faulty)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert "X-MBX-USED-WEIGHT-1M" in limited.headers
    faulty.fault({"kind": "rest_5xx", "count": 2, "status": 502})
    assert [rest(faulty).status_code for _ in range(3)] == [502, 502, 200]


def test_a_rest_outage_breaks_the_connection_and_leaves_the_admin_alone(faulty: RunningSimulator) -> None:
    faulty.fault({"kind": "rest_outage"})
    with pytest.raises(httpx.TransportError):
        rest(faulty)
    assert faulty.state()["now"] > 0
    faulty.clear_faults()
    assert rest(faulty).status_code == 200


def test_slow_rest_answers_late(faulty: RunningSimulator) -> None:
    faulty.fault({"kind": "rest_slow", "count": 1, "delay_ms": 300})
    started = time.monotonic()
    assert rest(faulty).status_code == 200
    assert time.monotonic() - started > 0.3


def test_missing_ids_are_absent_from_every_page(faulty: RunningSimulator) -> None:
    faulty.fault({"kind": "rest_missing", "symbol": "BTCUSDT", "from_id": 10, "to_id": 12})
    assert [row["a"] for row in rest(faulty, fromId=8, limit=4).json()] == [8, 9, 13, 14]
    assert rest(faulty, fromId=11, limit=1).json()[0]["a"] == 13
    assert [row["id"] for row in rest(faulty, "historicalTrades", fromId=10, limit=2).json()] == [10, 11]
    assert rest(faulty, symbol="ETHUSDT", fromId=10, limit=1).json()[0]["a"] == 10
    assert [trade["id"] for trade in faulty.tape("BTCUSDT", 10, 12)] == [10, 11, 12]
    assert faulty.faults()["done"]["rest_missing"] >= 4


def test_the_next_ids_can_be_made_unfillable(faulty: RunningSimulator, listener: StreamListener) -> None:
    fault = faulty.fault({"kind": "rest_missing", "symbol": "BTCUSDT", "next": 20, "on_stream": True})
    first, last = fault["from_id"], fault["to_id"]
    assert last - first == 19
    events = listener.events_until(lambda event: event["s"] == "BTCUSDT" and event["a"] > last)
    assert not {event["a"] for event in events if event["s"] == "BTCUSDT"} & set(range(first, last + 1))
    assert [row["a"] for row in rest(faulty, fromId=first - 1, limit=2).json()] == [first - 1, last + 1]
    assert len(faulty.tape("BTCUSDT", first, last)) == 20


def test_ids_can_be_served_malformed(faulty: RunningSimulator) -> None:
    faulty.fault({"kind": "rest_malformed", "symbol": "BTCUSDT", "from_id": 10})
    prices = [row["p"] for row in rest(faulty, fromId=9, limit=3).json()]
    assert [price == "not-a-price" for price in prices] == [False, True, False]


def test_a_halted_symbol_keeps_its_history_and_sends_nothing(faulty: RunningSimulator) -> None:
    assert len(rest(faulty, symbol="LASTUSDT").json()) > 50
    assert rest(faulty, "exchangeInfo", symbol="LASTUSDT").json()["symbols"][0]["status"] == "BREAK"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"kind": "explode"}, "kind"),
        ({"kind": "drop", "symbol": "NOUSDT"}, "not traded"),
        ({"kind": "rest_missing", "symbol": "BTCUSDT"}, "from_id"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(
    faulty: RunningSimulator, request_: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RuntimeError, match=reason):
        faulty.fault(request_)
    assert faulty.faults()["active"] == []


def test_metrics_tell_of_connections_calls_and_faults(faulty: RunningSimulator, listener: StreamListener) -> None:
    faulty.fault({"kind": "drop", "count": 1})
    until_done(faulty, "drop")
    rest(faulty)
    text = httpx.get(f"{faulty.rest}/metrics", trust_env=False).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["cryptostream_simulator_connections"]) >= 1
    assert float(values['cryptostream_simulator_faults{kind="drop"}']) >= 1
    assert float(values['cryptostream_simulator_rest_calls_total{path="aggTrades",status="200"}']) >= 1
    assert listener.event()
