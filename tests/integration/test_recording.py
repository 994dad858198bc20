"""`cryptostream record` keeps an exchange's words complete, whatever happens on the way."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cryptostream_simulator.decimals import units
from cryptostream_simulator.recorded import Recording, read_recording
from harness.recorder import RunningRecorder, recorded_lines
from harness.simulator import RunningSimulator
from harness.waiting import until

pytestmark = pytest.mark.integration

SYMBOLS = ("BTCUSDT", "ETHUSDT")


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(symbols="BTCUSDT:40,ETHUSDT:15", history="30s", seed=4) as running:
        yield running


@pytest.fixture
def exchange(simulator: RunningSimulator) -> RunningSimulator:
    """Without faults or connections of another test."""
    simulator.clear_faults()
    until(lambda: not simulator.state()["connections"], "the connections of the last test to end")
    return simulator


def recorder(exchange: RunningSimulator, path: Path, *options: str, **settings: object) -> RunningRecorder:
    return RunningRecorder(path, exchange, "--symbols", ",".join(SYMBOLS), *options, **settings)


def expect_the_tape(recording: Recording, exchange: RunningSimulator, symbol: str, first: int, last: int) -> None:
    """Every id from the first to the last is in the recording once, as it was traded."""
    trades = recording.trades[symbol]
    wanted = exchange.tape(symbol, first, last)
    there = trades[(trades.id >= first) & (trades.id <= last)]
    assert there.id.tolist() == [row["id"] for row in wanted] == list(range(first, last + 1))
    assert there.price.tolist() == [units(row["price"]) for row in wanted]
    assert there.quantity.tolist() == [units(row["quantity"]) for row in wanted]
    assert there.time.tolist() == [row["time"] for row in wanted]
    assert there.fills.tolist() == [row["fills"] for row in wanted]
    assert there.buyer_is_maker.tolist() == [row["side"] == "sell" for row in wanted]


def run_to_its_end(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cryptostream_recorder", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_every_id_is_there_once_after_losses_repeats_unreadable_frames_and_a_cut(
    exchange: RunningSimulator, tmp_path: Path
) -> None:
    path = tmp_path / "feed.ndjson.gz"
    with recorder(exchange, path) as running:
        running.wait_for_trades(exchange)
        faults: list[dict[str, Any]] = [
            {"kind": "drop", "probability": 0.3, "count": 10},
            {"kind": "duplicate", "probability": 0.3, "count": 10},
            {"kind": "bad_json", "symbol": "BTCUSDT", "count": 2},
            {"kind": "absurd_time", "symbol": "BTCUSDT", "count": 2, "offset_ms": 86_400_000},
            {"kind": "reorder", "symbol": "ETHUSDT", "count": 3, "distance": 2},
        ]
        for fault in faults:
            exchange.fault(fault)
        until(lambda: not exchange.faults()["active"], "the faults to be over")
        exchange.fault({"kind": "cut"})
        until(lambda: exchange.state()["connections"], "the recorder to reconnect")
        running.wait_for_trades(exchange, 40)
        summary = running.stop()
    assert (summary["reason"], summary["missingIds"], summary["connections"]) == ("signal", 0, 2)
    assert summary["unreadable"] >= 4
    recording = read_recording(path)
    for symbol in SYMBOLS:
        told = summary["symbols"][symbol]
        assert told["trades"] == told["lastId"] - told["firstId"] + 1
        assert told["overRest"] > 0
        expect_the_tape(recording, exchange, symbol, told["firstId"], told["lastId"])


def test_frames_and_answers_are_kept_as_the_exchange_wrote_them(exchange: RunningSimulator, tmp_path: Path) -> None:
    path = tmp_path / "feed.ndjson.gz"
    with recorder(exchange, path) as running:
        running.wait_for_trades(exchange)
        exchange.fault({"kind": "drop", "symbol": "BTCUSDT", "count": 1})
        running.wait_for_trades(exchange, 20)
        running.stop()
    header, *lines, closing = recorded_lines(path)
    assert (header["recording"], header["version"]) == ("cryptostream", 1)
    assert (header["exchange"], header["feed"], header["symbols"]) == ("binance", "aggTrade", list(SYMBOLS))
    assert closing["reason"] == "signal"
    assert {"result": None, "id": 1} in [line.get("frame") for line in lines]
    events = [line["frame"]["data"] for line in lines if "data" in line.get("frame", {})]
    rows = [(line["symbol"], row) for line in lines if "answer" in line for row in line["answer"]]
    assert rows
    told = [(event["s"], event) for event in events] + rows
    for symbol, fields in told[:50] + told[-50:]:
        (row,) = exchange.tape(symbol, fields["a"], fields["a"])
        assert (fields["p"], fields["q"], fields["T"]) == (row["price"], row["quantity"], row["time"])
    received = [line["received"] for line in lines if "received" in line]
    assert header["started"] <= min(received) <= max(received) <= closing["closed"]


def test_what_the_exchange_does_not_have_is_named(exchange: RunningSimulator, tmp_path: Path) -> None:
    path = tmp_path / "feed.ndjson.gz"
    with recorder(exchange, path) as running:
        running.wait_for_trades(exchange)
        lost = exchange.fault({"kind": "rest_missing", "symbol": "ETHUSDT", "next": 3, "on_stream": True})
        until(lambda: exchange.state()["symbols"]["ETHUSDT"]["lastId"] > lost["to_id"] + 5, "the ids to pass")
        summary = running.stop()
    assert summary["missingIds"] == 3
    missing = summary["symbols"]["ETHUSDT"]["missing"]
    assert missing == [{"fromId": lost["from_id"], "toId": lost["to_id"], "reason": "unavailable"}]
    assert recorded_lines(path)[-1]["symbols"]["ETHUSDT"]["missing"] == missing
    (warning,) = read_recording(path).warnings
    assert warning.startswith("ETHUSDT: 3 ids between")


def test_a_rest_outage_at_the_end_leaves_the_missing_ids_unanswered(exchange: RunningSimulator, tmp_path: Path) -> None:
    with recorder(exchange, tmp_path / "feed.ndjson.gz") as running:
        running.wait_for_trades(exchange)
        until(lambda: exchange.state()["symbols"]["BTCUSDT"]["lastId"], "a trade")
        exchange.fault({"kind": "rest_outage"})
        exchange.fault({"kind": "drop", "symbol": "BTCUSDT", "count": 2})
        until(lambda: not [f for f in exchange.faults()["active"] if f["kind"] == "drop"], "two losses")
        running.wait_for_trades(exchange, 30)
        running.process.send_signal(2)
        until(lambda: "waiting for missing ids" in running.log(), "the end to wait for REST")
        summary = running.stop()
    told = summary["symbols"]["BTCUSDT"]
    assert told["missingIds"] == 2
    assert {gap["reason"] for gap in told["missing"]} == {"unanswered"}
    assert told["trades"] == told["lastId"] - told["firstId"] + 1 - 2


def test_a_killed_recording_is_readable_up_to_its_last_seconds(exchange: RunningSimulator, tmp_path: Path) -> None:
    path = tmp_path / "feed.ndjson.gz"
    with recorder(exchange, path) as running:
        running.wait_for_trades(exchange)
        began = path.stat().st_size
        until(lambda: path.stat().st_size > began + 2000, "two members to be written")
        running.kill()
    trades = read_recording(path).trades["BTCUSDT"]
    expect_the_tape(read_recording(path), exchange, "BTCUSDT", int(trades.id[0]), int(trades.id[-1]))
    cut = tmp_path / "cut.ndjson.gz"
    cut.write_bytes(path.read_bytes()[:-20])
    recording = read_recording(cut)
    assert 0 < len(recording.trades["BTCUSDT"]) <= len(trades)
    assert recording.warnings[0].startswith("the file ends in the middle: it was read up to line")


def test_it_ends_after_its_duration_or_at_its_size(exchange: RunningSimulator, tmp_path: Path) -> None:
    with recorder(exchange, tmp_path / "a.gz", "--duration", "2s") as timed:
        assert timed.summary()["reason"] == "duration"
    with recorder(exchange, tmp_path / "b.gz", "--max-size", "2kB") as sized:
        summary = sized.summary()
    assert summary["reason"] == "max-size"
    assert 2000 <= summary["bytes"] == (tmp_path / "b.gz").stat().st_size


def test_an_existing_file_is_overwritten_only_by_force(exchange: RunningSimulator, tmp_path: Path) -> None:
    path = tmp_path / "feed.ndjson.gz"
    path.write_text("precious")
    endpoints = ("--websocket-url", exchange.ws, "--rest-url", exchange.rest)
    refused = run_to_its_end("record", str(path), "--symbols", "BTCUSDT", *endpoints, "--duration", "1s")
    assert (refused.returncode, path.read_text()) == (2, "precious")
    assert f"{path} exists: give another name, or --force" in refused.stderr
    unknown = run_to_its_end("record", str(path), "--symbols", "NOSUCH", *endpoints, "--duration", "1s", "--force")
    assert (unknown.returncode, path.read_text()) == (2, "precious")
    assert "binance does not know NOSUCH" in unknown.stderr
    taken = run_to_its_end("record", str(path), "--symbols", "BTCUSDT", *endpoints, "--duration", "1s", "--force")
    assert taken.returncode == 0, taken.stderr
    assert "complete: every id between a symbol's first and last one is there" in taken.stdout
    assert recorded_lines(path)[0]["recording"] == "cryptostream"


def test_a_full_disk_ends_it_with_the_reason(exchange: RunningSimulator) -> None:
    endpoints = ("--websocket-url", exchange.ws, "--rest-url", exchange.rest)
    ended = run_to_its_end("record", "/dev/full", "--symbols", "BTCUSDT", *endpoints, "--force")
    assert ended.returncode == 1
    assert "/dev/full: No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_exchange_out_of_reach_ends_it_with_1_after_its_duration(tmp_path: Path) -> None:
    nowhere = ("--websocket-url", "ws://127.0.0.1:9", "--rest-url", "http://127.0.0.1:9")
    path = tmp_path / "feed.gz"
    ended = run_to_its_end("record", str(path), "--symbols", "BTCUSDT", *nowhere, "--duration", "1s")
    assert ended.returncode == 1
    assert "nothing was recorded: exchange is out of reach over REST" in ended.stderr
    assert not path.exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "CRYPTOSTREAM_SYMBOLS: Field required"),
        (("--symbols", "BTCUSDT", "--duration", "soon"), "write a number and a unit"),
        (("--symbols", "BTCUSDT", "--max-size", "much"), "'much' is not a size: write 500MB, 2GB or 64MiB"),
        (("--symbols", "BTCUSDT", "--exchange", "nyse"), "CRYPTOSTREAM_EXCHANGE = 'nyse'"),
    ],
)
def test_wrong_settings_end_it_with_2_and_the_reason(tmp_path: Path, options: tuple[str, ...], reason: str) -> None:
    ended = run_to_its_end("record", str(tmp_path / "feed.gz"), *options)
    assert ended.returncode == 2
    assert reason in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_recording_is_replayed_at_its_own_distances(exchange: RunningSimulator, tmp_path: Path) -> None:
    path = tmp_path / "feed.ndjson.gz"
    with recorder(exchange, path) as running:
        running.wait_for_trades(exchange, 60)
        told = running.stop()["symbols"]["BTCUSDT"]
        original = exchange.tape("BTCUSDT", told["firstId"], told["lastId"])
    command = ["-m", "cryptostream_recorder", "replay", str(path), "--speed", "50", "--symbols", "BTCUSDT"]
    with RunningSimulator(command) as served:
        assert (served.ready["exchange"], served.ready["symbols"]) == ("binance", ["BTCUSDT"])
        until(lambda: served.state()["now"] > served.state()["tapeEnd"], "the end of the recording")
        replayed = served.tape("BTCUSDT", told["firstId"], told["lastId"])
        start = served.state()["liveStart"]
        assert served.stop() == 0
    shift = replayed[0]["time"] - original[0]["time"]
    assert 0 <= replayed[0]["time"] - start <= 3_000_000
    assert [{**row, "time": row["time"] + shift} for row in original] == replayed
