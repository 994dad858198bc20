"""`cryptostream local`: the whole pipeline with one command, and nothing left of it afterwards."""

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cryptostream_demo.pipeline import PREFERRED_PORTS
from cryptostream_local.leftovers import MARK, end_processes_of
from cryptostream_local.ports import LOOPBACK, answers
from harness.commands import cryptostream
from harness.waiting import until

pytestmark = pytest.mark.integration

SHORT_HISTORY = ("--symbols", "BTCUSDT:20,ETHUSDT:5", "--start-from", "1m")

LASTING_PARTS = ("bin/postgres", "kafka.Kafka", "cryptostream_cli.main simulate")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for the notes of runs, with the jars of everyone; a failed test leaves no process behind."""
    cache = Path(os.environ.get("CRYPTOSTREAM_CACHE", Path(__file__).resolve().parents[2] / ".cache"))
    (tmp_path / "cache").mkdir()
    for name in ("jars", "java-home"):
        if (cache / name).exists():
            (tmp_path / "cache" / name).symlink_to(cache / name)
    monkeypatch.setenv("CRYPTOSTREAM_CACHE", str(tmp_path / "cache"))
    yield tmp_path
    end_processes_of(tmp_path / "run")


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that belong to a run's folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            arguments = process.cmdline()
            if process.environ().get(MARK) == str(folder) or any(str(folder) in part for part in arguments[1:]):
                found.append(" ".join(arguments))
    return [line for line in found if "cryptostream_cli.main local" not in line]


class Screen:
    """`cryptostream local` on a terminal whose size can be changed."""

    def __init__(self, *arguments: str, columns: int, rows: int) -> None:
        self.master, worker = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cryptostream_cli.main", "local", *arguments],
            stdin=worker,
            stdout=worker,
            stderr=worker,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(worker)
        self.text = ""
        self.seen = 0

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, wanted: str, timeout: float = 120.0) -> None:
        """Read on until the text shows after what was found before."""
        deadline = time.monotonic() + timeout
        while (found := self.text.find(wanted, self.seen)) < 0:
            assert time.monotonic() < deadline, f"{wanted!r} did not show:\n{self.text[-3000:]}"
            if select.select([self.master], [], [], 0.5)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        self.seen = found + len(wanted)

    def end(self, timeout: float = 60.0) -> int:
        """Read what is still written, then the exit status."""
        with contextlib.suppress(OSError):
            while select.select([self.master], [], [], timeout)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        return self.process.wait(timeout)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Another program listens where Kafka would like to."""
    port = PREFERRED_PORTS["kafka"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # someone else's will do as well
            other.bind((LOOPBACK, port))
            other.listen()
        yield port


def test_a_kept_run_can_be_proven_right_and_leaves_nothing_behind(place: Path, taken_port: int) -> None:
    folder = place / "run"
    answer = cryptostream(
        "local",
        "--duration",
        "12s",
        "--keep",
        str(folder),
        "--json",
        *SHORT_HISTORY,
        timeout=200,
        cache=place / "cache",
        window="20s",
        slide="10s",
    )
    assert answer.returncode == 0, answer.stderr
    summary = json.loads(answer.stdout)
    stored = summary["stored"]
    assert stored["symbols"] == 2
    assert stored["trades"] > stored["backfilled_trades"] > 0
    assert stored["windows"] > 0
    assert (stored["gaps"], stored["late_trades"], summary["behind"]) == (0, 0, [])
    assert summary["latency"]["trades"] > 100
    assert 0 < summary["latency"]["p50_ms"] <= summary["latency"]["p99_ms"] <= summary["latency"]["max_ms"]
    assert summary["addresses"]["kafka"] != f"{LOOPBACK}:{taken_port}"
    assert all(Path(picture).stat().st_size > 10_000 for picture in summary["pictures"].values())
    assert processes_of(folder) == []
    for address in (summary["addresses"]["kafka"], summary["addresses"]["exchange_rest"]):
        assert not answers(int(address.rpartition(":")[2]))
    proof = cryptostream("verify", str(folder), cache=place / "cache")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "tape compared" in proof.stdout
    assert processes_of(folder) == []


def test_killed_parts_are_started_again_and_ctrl_c_ends_in_order(place: Path) -> None:
    folder = place / "run"
    screen = Screen("--keep", str(folder), *SHORT_HISTORY, columns=100, rows=30)
    try:
        screen.read_until("BTCUSDT")
        screen.read_until("p99")
        screen.resize(80, 24)
        for name in ("cryptostream_cli.main produce", "cryptostream_cli.main job"):
            (victim,) = [
                process
                for process in psutil.process_iter()
                if name in " ".join(_arguments(process)) and _folder(process) == str(folder)
            ]
            victim.kill()
        screen.read_until("started again")
        screen.resize(160, 40)
        os.kill(screen.process.pid, signal.SIGINT)
        status = screen.end()
    finally:
        screen.process.kill()
    assert status == 0, screen.text[-3000:]
    assert "\x1b[?25h" in screen.text, "the cursor is shown again"
    assert f"cryptostream verify {folder}" in screen.text.replace("\r\n", "")
    assert processes_of(folder) == []
    proof = cryptostream("verify", str(folder), cache=place / "cache")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_the_next_run_ends_what_a_killed_one_left_behind(place: Path) -> None:
    folder = place / "run"
    killed = subprocess.Popen(
        [sys.executable, "-m", "cryptostream_cli.main", "local", "--keep", str(folder), *SHORT_HISTORY],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(lambda: all(part in "".join(processes_of(folder)) for part in LASTING_PARTS), "its parts", 60)
    killed.kill()
    killed.wait()
    assert processes_of(folder), "they outlive it"
    screen = Screen("--keep", str(folder), *SHORT_HISTORY, columns=80, rows=24)
    try:
        screen.read_until("was killed: ended")
        screen.read_until("is now in run-")
        os.kill(screen.process.pid, signal.SIGINT)
        status = screen.end()
    finally:
        screen.process.kill()
    assert status == 130
    assert processes_of(folder) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--source", "kraken"), "neither simulator, binance, coinbase nor a file"),
        (("--duration", "3 minutes"), "--duration '3 minutes': write a number and a unit"),
        (("--symbols", "btc/usdt"), "btc/usdt"),
        (("--keep", "/proc"), "not a run"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(arguments: tuple[str, ...], text: str) -> None:
    answer = cryptostream("local", *arguments)
    assert answer.returncode == 2
    assert text in answer.stderr.replace("\n", " ")


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _folder(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
