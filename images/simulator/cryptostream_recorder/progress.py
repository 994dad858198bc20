"""How a recording is going, on standard error: a line that renews itself, or one now and then without a terminal."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console

from cryptostream_recorder.account import Account
from cryptostream_recorder.recorder import Recorder

_TERMINAL_SECONDS = 0.5
_PLAIN_SECONDS = 5.0
_NAMED = 4


@contextmanager
def shown(recorder: Recorder) -> Iterator[None]:
    """Show progress while the block runs. On a terminal, what the block writes to ``sys.stderr`` appears above it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with _every(_PLAIN_SECONDS, recorder, _write_line):
            yield
        return
    with console.status("recording") as status:

        def renew(line: str) -> None:
            status.update(line[: max(20, console.width - 4)])

        with _every(_TERMINAL_SECONDS, recorder, renew):
            yield


def progress_line(recorder: Recorder, seconds: float) -> str:
    """What has been recorded in ``seconds``."""
    account = recorder.account
    minutes, rest = divmod(int(seconds), 60)
    parts = [f"{minutes}:{rest:02d}", f"{account.trades:,} trades", size_text(recorder.size)]
    if recorder.open_gaps:
        parts.append(f"{recorder.open_gaps} symbols with a gap")
    if account.missing_ids:
        parts.append(f"{account.missing_ids:,} ids not to be had")
    parts.append(recorder.waiting_for or _by_symbol(account))
    return " | ".join(parts)


def summary_text(path: str, account: Account, size: int, ended_by: str) -> str:
    """What the file holds and what not, a line a symbol."""
    lines = [f"{path}: {account.trades:,} trades, {size_text(size)}, ended by {ended_by}"]
    for name, symbol in account.symbols.items():
        if symbol.first_id is None:
            lines.append(f"  {name}: no trade")
            continue
        line = f"  {name}: {symbol.trades:,} trades, ids {symbol.first_id} to {symbol.last_id}"
        lines.append(f"{line}, {symbol.over_rest:,} of them over REST" if symbol.over_rest else line)
        lines += [f"    ids {first} to {last} are missing: {reason}" for first, last, reason in symbol.missing]
        if symbol.missing_ids:
            lines.append(f"    {symbol.missing_ids:,} ids are missing in all")
    if account.unreadable:
        lines.append(f"  {account.unreadable:,} frames could not be read; their trades came over REST or are missing")
    if not account.missing_ids:
        lines.append("  complete: every id between a symbol's first and last one is there")
    return "\n".join(lines)


def size_text(size: int) -> str:
    """Bytes in a unit that suits: ``1.5 MB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"


def _by_symbol(account: Account) -> str:
    busiest = sorted(account.symbols.items(), key=lambda item: -item[1].trades)
    text = ", ".join(f"{name} {symbol.trades:,}" for name, symbol in busiest[:_NAMED])
    return text if len(busiest) <= _NAMED else f"{text} and {len(busiest) - _NAMED} more"


@contextmanager
def _every(seconds: float, recorder: Recorder, show: Callable[[str], None]) -> Iterator[None]:
    ended = threading.Event()
    started = monotonic()

    def run() -> None:
        while not ended.wait(seconds):
            show(progress_line(recorder, monotonic() - started))

    thread = threading.Thread(target=run, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(2.0)


def _write_line(line: str) -> None:
    sys.stderr.write(f"recording | {line}\n")
    sys.stderr.flush()
