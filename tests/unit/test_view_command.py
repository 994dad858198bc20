"""The command ``cryptostream watch`` on a terminal of its own, with nothing to watch."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest
import typer
from typer.testing import CliRunner

from cryptostream_local.ports import free_port
from cryptostream_view.command import watch

LEFT = "\x1b[?1049l"


def run_watch(arguments: list[str], **kwargs: object) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRYPTOSTREAM_")}
    environment |= {
        "CRYPTOSTREAM_KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "CRYPTOSTREAM_DATABASE_URL": f"postgresql://watch@127.0.0.1:{free_port()}/none",
        "TERM": "xterm-256color",
    }
    command = [sys.executable, "-c", "import typer; from cryptostream_view.command import watch; typer.run(watch)"]
    return subprocess.Popen([*command, *arguments], env=environment, **kwargs)  # type: ignore[call-overload, no-any-return]


def read_until(descriptor: int, text: str, seconds: float = 30.0) -> str:
    """What the terminal has shown when the text appears; what comes after it is left to be read."""
    shown, deadline = b"", time.monotonic() + seconds
    while text.encode() not in shown and time.monotonic() < deadline:
        if select.select([descriptor], [], [], 0.2)[0]:
            try:
                shown += os.read(descriptor, 1)
            except OSError:
                break
    assert text.encode() in shown, shown[-2000:]
    return shown.decode(errors="replace")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_the_terminal_as_it_was(number: signal.Signals) -> None:
    terminal, inside = pty.openpty()
    process = run_watch([], stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    try:
        read_until(terminal, "waiting for Kafka")
        process.send_signal(number)
        read_until(terminal, LEFT)
        read_until(terminal, "waiting for the database")
        assert process.wait(20) == 1, "nothing was ever reached"
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def test_without_a_terminal_it_writes_lines_until_its_duration_is_over() -> None:
    process = run_watch(["--duration", "6s"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert b"\x1b" not in output
    assert b"waiting for Kafka" in output
    assert b"trades/s" not in output, "figures would be made up"
    assert errors == b""


def test_a_missing_or_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRYPTOSTREAM_DATABASE_URL", raising=False)
    app = typer.Typer()
    app.command()(watch)
    missing = CliRunner().invoke(app, [])
    assert missing.exit_code == 2
    assert "CRYPTOSTREAM_DATABASE_URL" in missing.output
    monkeypatch.setenv("CRYPTOSTREAM_DATABASE_URL", "postgresql://localhost/none")
    wrong = CliRunner().invoke(app, ["--duration", "soon"])
    assert wrong.exit_code == 2
    assert "90s" in wrong.output or "250ms" in wrong.output
