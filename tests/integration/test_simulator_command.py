"""The simulator as a program: ready line, clean stop, the same tape for the same seed, clear errors."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.listening import StreamListener
from harness.simulator import RunningSimulator

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-m", "cryptostream_simulator"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False)


def test_it_prints_one_ready_line_and_stops_cleanly_on_sigterm_and_sigint() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--symbols", "BTCUSDT:5", "--history", "1m", "--seed", "3", "--speed", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready == {
            "port": ready["port"],
            "ws": f"ws://127.0.0.1:{ready['port']}",
            "rest": f"http://127.0.0.1:{ready['port']}",
            "exchange": "binance",
            "symbols": ["BTCUSDT"],
        }
        with StreamListener(f"{ready['ws']}/ws/btcusdt@aggTrade"):
            process.send_signal(number)
            assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""
        process.stdout.close()


def test_two_runs_with_one_seed_and_origin_have_the_same_history() -> None:
    settings = {"symbols": "BTCUSDT:20,ETHUSDT:5", "history": "2m", "origin": "2025-01-01T00:00:00", "seed": 11}
    tapes = []
    for _ in range(2):
        with RunningSimulator(**settings) as simulator:
            last = simulator.state()["symbols"]["ETHUSDT"]["lastId"]
            tapes.append(simulator.tape("ETHUSDT")[: last - 5])
    shortest = min(len(tape) for tape in tapes)
    assert shortest > 300
    assert tapes[0][:shortest] == tapes[1][:shortest]


def test_labels_tell_what_was_put_into_the_tape() -> None:
    with RunningSimulator(
        symbols="BTCUSDT:20", history="2m", events="BTCUSDT:halt@-60s:0:30s,BTCUSDT:price_spike@1h:9:20s"
    ) as simulator:
        halt, spike = simulator.labels()
        start = simulator.state()["liveStart"]
        assert (halt["type"], halt["start"], halt["end"]) == ("halt", start - 60_000_000, start - 30_000_000)
        assert (spike["type"], spike["start"], spike["size"]) == ("price_spike", start + 3_600_000_000, 9.0)
        times = [trade["time"] for trade in simulator.tape("BTCUSDT")]
        assert not [time for time in times if halt["start"] <= time < halt["end"]]


def test_help_tells_of_endpoints_events_and_variables() -> None:
    text = run("--help").stdout
    for word in ("/admin/faults", "aggTrades", "price_spike", "CRYPTOSTREAM_SIMULATOR_", "--original-times"):
        assert word in text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--symbols", "btc"], "CRYPTOSTREAM_SIMULATOR_SYMBOLS = 'btc'"),
        (["--event", "BTCUSDT:moon@5s"], "with a TYPE of price_spike"),
        (["--tape", "nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_wrong_settings_end_it_with_the_reason(options: list[str], reason: str) -> None:
    ended = run(*options)
    assert ended.returncode == 2
    assert reason in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_ends_it_with_the_reason() -> None:
    with RunningSimulator(symbols="BTCUSDT:5", history="1m") as simulator:
        ended = run("--port", str(simulator.port), "--history", "1m")
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{simulator.port}" in ended.stderr


def test_a_recording_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("time,symbol,quantity,price\n2025-01-01 00:00:00+00,BTCUSDT,many,1\n")
    ended = run("--tape", str(path))
    assert ended.returncode == 2
    assert "line 2: 'many' is not a decimal number" in ended.stderr
