"""A recording is served in place of a synthetic tape: live, over REST, and after its end in silence."""

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from harness.listening import StreamListener
from harness.shared_data import shared_data
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = pytest.mark.integration

SECOND = 1_000_000
START = 1_700_000_000 * SECOND


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.ndjson"
    events = [
        {"s": symbol, "a": 100 + number, "p": "10.5", "q": "0.1", "f": number, "l": number, "T": time, "m": False}
        for number in range(50)
        for symbol, time in (("BTCUSDT", START + number * SECOND), ("ETHUSDT", START + number * SECOND + 1))
    ]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_the_real_trades_are_all_sent_exactly_and_then_the_market_is_silent() -> None:
    source = shared_data("trades/quant-stream_btc_eth_10k.csv")
    quantities: dict[str, list[Decimal]] = defaultdict(list)
    prices: dict[str, list[Decimal]] = defaultdict(list)
    with source.open() as file:
        for row in reversed(list(csv.DictReader(file))):
            quantities[row["symbol"]].append(Decimal(row["quantity"]))
            prices[row["symbol"]].append(Decimal(row["price"]))
    with RunningSimulator(tape=source, speed=20, lead_in="30s") as simulator:
        with StreamListener(f"{simulator.ws}/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade") as listener:
            events = listener.events(10_000)
        by_symbol = {symbol: [event for event in events if event["s"] == symbol] for symbol in quantities}
        for symbol, found in by_symbol.items():
            assert [event["a"] for event in found] == list(range(1, len(quantities[symbol]) + 1))
            assert [Decimal(event["q"]) for event in found] == quantities[symbol]
            assert [Decimal(event["p"]) for event in found] == prices[symbol]
        ended = simulator.state()
        assert {symbol: each["lastId"] for symbol, each in ended["symbols"].items()} == {
            "BTCUSDT": 3895,
            "ETHUSDT": 6105,
        }
        until(lambda: simulator.state()["now"] > ended["now"] + 10 * SECOND, "the clock to run on")
        assert simulator.state()["symbols"] == ended["symbols"]


def test_a_recording_starts_a_lead_in_after_the_live_start_and_has_no_history(recording: Path) -> None:
    with RunningSimulator(tape=recording, lead_in="1h") as simulator:
        assert simulator.tape("BTCUSDT") == []
        answer = httpx.get(f"{simulator.rest}/api/v3/aggTrades?symbol=BTCUSDT", trust_env=False)
        assert answer.json() == []
        assert simulator.state()["symbols"]["BTCUSDT"] == {"status": "TRADING", "lastId": None, "lastFill": None}
        assert simulator.labels() == []


def test_ids_and_distances_of_a_recording_are_kept_while_its_times_move(recording: Path) -> None:
    with RunningSimulator(tape=recording, speed=1000, lead_in="0s") as simulator:
        until(lambda: simulator.state()["symbols"]["ETHUSDT"]["lastId"] == 149, "the end of the recording")
        trades = simulator.tape("ETHUSDT")
        live_start = simulator.state()["liveStart"]
    assert [trade["id"] for trade in trades] == list(range(100, 150))
    assert [trade["time"] - live_start for trade in trades] == [number * SECOND + 1 for number in range(50)]


def test_original_times_start_the_clock_before_the_recording(recording: Path) -> None:
    with RunningSimulator(tape=recording, original_times=True, lead_in="5s", speed=100) as simulator:
        assert simulator.state()["liveStart"] == START - 5 * SECOND
        until(lambda: simulator.state()["symbols"]["BTCUSDT"]["lastId"] == 149, "the end of the recording")
        assert simulator.tape("BTCUSDT")[0]["time"] == START


def test_a_looped_recording_goes_on_with_ids_and_times_and_has_no_end(recording: Path) -> None:
    with RunningSimulator(tape=recording, speed=1000, lead_in="1s", loop="true") as simulator:
        until(lambda: simulator.state()["symbols"]["ETHUSDT"]["lastId"] >= 320, "the fifth round")
        trades = simulator.tape("ETHUSDT")
        assert simulator.state()["tapeEnd"] is None
    assert [trade["id"] for trade in trades] == list(range(100, 100 + len(trades)))
    since = [trade["time"] - trades[0]["time"] for trade in trades]
    a_round = 49 * SECOND + 1 + SECOND
    assert since == [n // 50 * a_round + n % 50 * SECOND for n in range(len(trades))]
