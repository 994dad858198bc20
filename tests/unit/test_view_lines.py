"""The view without a terminal: one line for everything that happens, and showing either kind until it is enough."""

import io
import threading
import time
from dataclasses import replace

import pytest
from rich.console import Console

from cryptostream_view.glyphs import ASCII
from cryptostream_view.plain import PlainReport, status_text
from cryptostream_view.show import show
from cryptostream_view.snapshot import Notice, Snapshot, SourceSnapshot
from cryptostream_view.title import Title
from harness.view_snapshots import NOON, alert, snapshot

SECOND = 1_000_000
STATUS = (
    "12:00:00  BTCUSDT 97,123.40 +0.52%, ETHUSDT 3,123.45 -1.23%, 1000PEPEUSDT 0.00001234 +0.00%, QUIETUSDT 12.50 "
    "(quiet), +2 more | 1,003 trades/s, latency p50 412 ms p99 913 ms, lag 340 ms (212 trades), 0 gaps, "
    "0 alerts, 0 open"
)


def after(shown: Snapshot, seconds: float, **fields: object) -> Snapshot:
    return replace(shown, moment=shown.moment + int(seconds * SECOND), **fields)  # type: ignore[arg-type]


def news(report: PlainReport, shown: Snapshot) -> list[str]:
    """Lines without their times, the status line left out."""
    return [line[10:] for line in report.lines(shown) if "trades/s" not in line]


def test_a_status_line_comes_every_ten_seconds() -> None:
    report, shown = PlainReport(), snapshot(6, 0)
    assert report.lines(shown) == [STATUS]
    assert report.lines(after(shown, 9.9)) == []
    (line,) = report.lines(after(shown, 10))
    assert line.startswith("12:00:10")


def test_the_first_status_line_waits_a_little_for_prices() -> None:
    report, empty = PlainReport(), snapshot(0, 0)
    assert report.lines(empty) == []
    assert report.lines(after(empty, 4.9)) == []
    assert len(report.lines(after(empty, 5))) == 1


def test_each_transition_of_an_alert_is_one_line() -> None:
    report, shown = PlainReport(ASCII), snapshot(2, 0)
    report.lines(shown)
    opened = alert(0, symbol="BTCUSDT")
    confirmed = replace(opened, state="confirmed", revision=2, severity="warning", score=12.5)
    assert news(report, after(shown, 1, alerts=(opened,))) == [
        "alert open: info BTCUSDT price spike ^, score 7.3 (threshold 4), opened 3.0s ago"
    ]
    assert news(report, after(shown, 2, alerts=(replace(opened, revision=2, score=8.0),))) == []
    assert news(report, after(shown, 3, alerts=(confirmed,))) == [
        "alert confirmed: warning BTCUSDT price spike ^, score 12.5 (threshold 4), opened 3.0s ago"
    ]
    (ended,) = news(report, after(shown, 4, alerts=(replace(confirmed, revision=3, ended=True),)))
    assert ended.startswith("alert ended: warning BTCUSDT price spike ^")
    withdrawn = alert(2)
    (line,) = news(report, after(shown, 5, alerts=(withdrawn, replace(confirmed, ended=True))))
    assert line.startswith("alert withdrawn: warning 1000PEPEUSDT volatility burst 4.3x")


def test_alerts_that_were_over_before_are_not_news() -> None:
    report = PlainReport()
    past = (alert(0), alert(1, ended=True), alert(2, backfilled=True))
    assert [line.split(",")[0] for line in news(report, after(snapshot(2), 0, alerts=past))] == [
        "alert open: info BTCUSDT price spike ^"
    ]


def test_gaps_notices_and_outages_are_lines() -> None:
    report, shown = PlainReport(), snapshot(2, 0)
    report.lines(shown)
    gap = after(shown, 1, health=replace(shown.health, gaps=2, missing_ids=30))
    assert news(report, gap) == ["2 gaps: 30 ids missing in all"]
    assert news(report, after(gap, 1)) == []
    away = after(gap, 2, kafka=SourceSnapshot("Kafka", False, 0.2, "nothing answers at 127.0.0.1:9092"))
    assert news(report, away) == ["Kafka is away for 0.2s: nothing answers at 127.0.0.1:9092"]
    assert news(report, after(away, 1)) == []
    assert news(report, after(gap, 4)) == ["Kafka is back"]
    noticed = after(gap, 5, notices=(Notice(NOON, "the job ended with status 1 and is started again"),))
    assert news(report, noticed) == ["the job ended with status 1 and is started again"]
    assert news(report, noticed) == []


class FixedObserver:
    """Always sees the same; ends the show, or breaks it off, after so many looks."""

    def __init__(self, looks: int, until: threading.Event, interrupt: bool = False) -> None:
        self._left = looks
        self._until = until
        self._interrupt = interrupt

    def snapshot(self) -> Snapshot:
        self._left -= 1
        if self._left <= 0 and self._interrupt:
            raise KeyboardInterrupt
        if self._left <= 0:
            self._until.set()
        return snapshot(2, 1)


def test_without_a_terminal_there_are_no_escapes() -> None:
    until, file = threading.Event(), io.StringIO()
    show(FixedObserver(2, until), Console(file=file, width=40), Title(), until)
    assert "\x1b" not in file.getvalue()
    assert len(file.getvalue().splitlines()) == 2, "a long line is not folded"


@pytest.mark.parametrize("interrupt", [False, True])
def test_the_terminal_is_left_as_it_was(interrupt: bool) -> None:
    until, file = threading.Event(), io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=24, _environ={"TERM": "xterm-256color"})
    observer = FixedObserver(3, until, interrupt)
    if interrupt:
        with pytest.raises(KeyboardInterrupt):
            show(observer, console, Title(), until)
    else:
        show(observer, console, Title(), until)
    written = file.getvalue()
    assert written.index("\x1b[?1049h") < written.index("97,123.40") < written.rindex("\x1b[?1049l")
    assert written.rindex("\x1b[?25l") < written.rindex("\x1b[?25h"), "the cursor is visible again"
    assert "\x1b[2J" not in written, "the screen is never cleared between two pictures"


def test_a_terminal_that_cannot_move_its_cursor_gets_lines() -> None:
    until, file = threading.Event(), io.StringIO()
    show(FixedObserver(1, until), Console(file=file, force_terminal=True, _environ={"TERM": "dumb"}), Title(), until)
    assert "\x1b" not in file.getvalue()


def test_the_deadline_ends_the_show() -> None:
    until = threading.Event()
    began = time.monotonic()
    show(FixedObserver(10**9, until), Console(file=io.StringIO()), Title(), until, deadline=began + 0.3)
    assert 0.3 <= time.monotonic() - began < 5


def test_what_was_never_reached_is_told_in_place_of_figures() -> None:
    waiting = SourceSnapshot("Kafka", None, 6.0, "nothing answers at 127.0.0.1:9092")
    text = status_text(after(snapshot(), 6, kafka=waiting))
    assert "Kafka" in text
    assert "nothing answers at 127.0.0.1:9092" in text
    assert "trades/s" not in text
