"""Showing a stream until it is enough: on a terminal as a screen, elsewhere as lines."""

import threading
import time
from typing import Protocol

from rich.console import Console
from rich.live import Live

from cryptostream_view.glyphs import glyphs_for
from cryptostream_view.plain import PlainReport
from cryptostream_view.screen import render
from cryptostream_view.snapshot import Snapshot
from cryptostream_view.title import Title

_REFRESH_SECONDS = 0.25


class Observer(Protocol):
    """Whatever can tell how the stream is now."""

    def snapshot(self) -> Snapshot: ...


def show(
    observer: Observer, console: Console, title: Title, until: threading.Event, deadline: float | None = None
) -> None:
    """Show what the observer sees until the event is set or `time.monotonic` reaches the deadline.

    The terminal is left as it was, by KeyboardInterrupt too; signals are the caller's.
    """
    if console.is_terminal and not console.is_dumb_terminal:
        _draw(observer, console, title, until, deadline)
    else:
        _report(observer, console, until, deadline)


def _draw(observer: Observer, console: Console, title: Title, until: threading.Event, deadline: float | None) -> None:
    glyphs = glyphs_for(console.encoding)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            width, height = console.size
            live.update(render(observer.snapshot(), title, width, height, glyphs), refresh=True)
            if _over(until, deadline):
                return


def _report(observer: Observer, console: Console, until: threading.Event, deadline: float | None) -> None:
    report = PlainReport(glyphs_for(console.encoding))
    while True:
        for line in report.lines(observer.snapshot()):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.file.flush()
        if _over(until, deadline):
            return


def _over(until: threading.Event, deadline: float | None) -> bool:
    """Wait for the next refresh; true when there is to be none."""
    left = _REFRESH_SECONDS if deadline is None else min(_REFRESH_SECONDS, deadline - time.monotonic())
    return left <= 0 or until.wait(left)
