"""The terminal screen at every size: nothing wrapped, nothing cut, nothing told by colour alone."""

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import Color
from rich.console import Console
from rich.text import Text

from cryptostream_view.glyphs import ASCII, UNICODE, Glyphs
from cryptostream_view.palette import DOWN, UP
from cryptostream_view.screen import render, screen_lines
from cryptostream_view.snapshot import Notice, Snapshot, SourceSnapshot
from cryptostream_view.title import Title
from harness.view_snapshots import NOON, alert, snapshot, symbol

TITLE = Title("simulator", NOON - 192_000_000, 600.0, ("Kafka 127.0.0.1:41234", "PostgreSQL 127.0.0.1:5433/demo"))
SIZES = [(width, height) for width in (40, 60, 80, 120, 200) for height in (24, 50)]


def lines(shown: Snapshot, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line.plain for line in screen_lines(shown, TITLE, width, height, glyphs)]


def row_of(name: str, screen: list[str]) -> str:
    """The one table line of a symbol."""
    found = [line for line in screen if line.strip().startswith(name)]
    assert found, f"{name} is not on the screen:\n" + "\n".join(screen)
    return found[0]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("symbols", [1, 4, 7, 40])
@pytest.mark.parametrize("alerts", [0, 3, 60])
def test_the_screen_fits_the_terminal(width: int, height: int, symbols: int, alerts: int) -> None:
    shown = snapshot(symbols, alerts)
    screen = screen_lines(shown, TITLE, width, height)
    assert len(screen) == height
    assert max(line.cell_len for line in screen) <= width
    assert not any("\n" in line.plain for line in screen)
    # Rich does not wrap or crop it either.
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system="truecolor")
    assert [
        "".join(part.text for part in row).rstrip()
        for row in console.render_lines(render(shown, TITLE, width, height), console.options, pad=False)
    ] == [line.plain.rstrip() for line in screen]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_symbol_has_one_line_with_price_change_and_age(width: int, height: int) -> None:
    screen = lines(snapshot(7), width, height)
    for name, figures in {
        "BTCUSDT": ("97,123.40", "+0.52%", "0.3s"),
        "ETHUSDT": ("3,123.45", "-1.23%", "0.3s"),
        "1000PEPEUSDT": ("0.00001234", "0.00%", "0.3s"),
        "QUIETUSDT": ("12.50", "quiet"),
        "STALEUSDT": ("187.12", "stale"),
        "HALTUSDT": ("no trade",),
        "NEWUSDT": ("waiting",),
    }.items():
        row = row_of(name, screen)
        assert all(figure in row for figure in figures), row


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_health_is_always_there(width: int, height: int) -> None:
    screen = "\n".join(lines(snapshot(40, 60), width, height))
    for figure in ("1,003 trades/s", "p50 412 ms", "p99 913 ms", "lag 340 ms (212 trades)", "no gaps", "Ctrl-C stops"):
        assert figure in screen
    assert "12:00:00 UTC" in screen


@pytest.mark.parametrize("width", [80, 120, 200])
def test_from_80_columns_on_every_figure_is_there(width: int) -> None:
    screen = lines(snapshot(2), width, 24)
    row = row_of("BTCUSDT", screen)
    for figure in ("97,123.40", "▲ +0.52%", "+0.13%", "12.4M", "0.11%", "0.3s"):
        assert figure in row
    assert re.search(f"[{UNICODE.levels}]{{8,}}", row)
    spans = "change, VWAP, volume 24h, trend 20m, volatility 2m"
    assert (spans in "\n".join(screen)) == (width == 80)
    if width > 80:
        assert "change 24h" in screen[2]
        assert "97,000.00" in row, "the VWAP itself"
        assert "42" in row, "trades a second"


def test_a_wide_screen_puts_alerts_beside_and_charts_below() -> None:
    screen = lines(snapshot(4), 200, 50)
    assert "alerts" in row_of("symbol", screen)
    assert sum(line.count("│") for line in screen) >= 40
    assert sum(bool(re.search("[\u2801-\u28ff]", line)) for line in screen) > 8


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_more_symbols_than_lines_are_counted(width: int, height: int) -> None:
    screen = lines(snapshot(40, 5), width, height)
    shown = sum(bool(re.match(r" ?[A-Z0-9]+USDT", line)) for line in screen)
    counted = [match for line in screen if (match := re.search(r"\+(\d+) more", line))]
    hidden = int(counted[0][1]) if counted else 0
    assert shown + hidden == 40
    assert shown >= 8
    assert any("price spike" in line for line in screen), "alerts keep some lines"


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_alerts_say_what_was_seen_on_which_symbol_and_when(width: int) -> None:
    screen = lines(snapshot(2, 3), width, 24)
    row = next(line.rpartition("│")[2] for line in screen if "volume surge" in line)
    assert "ETHUSDT" in row
    assert "8.21x" in row
    assert ("43s ago" if width >= 60 else "43s") in row
    assert "◆" in row
    legend = next(line for line in screen if "1 open" in line)
    assert "1 confirmed" in legend
    assert "1 withdrawn" in legend
    if width >= 80:
        assert "confirmed" in row
        assert "critical" in row
        assert "score 8.3" in row
    assert ["price" in line for line in screen].index(True) < ["surge" in line for line in screen].index(True)


def test_alerts_found_in_history_and_lasting_ones_are_told_apart() -> None:
    shown = replace(snapshot(2), alerts=(alert(1), alert(1, id="2", backfilled=True), alert(1, id="3", ended=True)))
    screen = "\n".join(lines(shown, 120, 24))
    assert all(word in screen for word in ("lasting", "in history", "ended"))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_is_away_is_said_in_words(width: int) -> None:
    away = snapshot(
        kafka=SourceSnapshot("Kafka", False, 12.0, "nothing answers at 127.0.0.1:9092"),
        database=SourceSnapshot(
            "database", None, 12.0, "it has no CryptoStream schema yet: run `cryptostream migrate`"
        ),
        notices=(Notice(NOON - 1_000_000, "the job ended with status 1 and is started again"),),
    )
    screen = "\n".join(lines(away, width, 24))
    assert "Kafka is away for 12s" in screen
    assert "waiting for the database" in screen
    assert "the job ended" in screen
    assert "97,123.40" in screen, "what is known stays on the screen"
    later = "\n".join(lines(replace(away, moment=NOON + 60_000_000), width, 24))
    assert "the job ended" not in later


def test_a_job_that_writes_nothing_is_noticed_unless_the_database_is_away() -> None:
    shown = snapshot()
    silent = replace(shown, health=replace(shown.health, last_batch_age=14.0))
    assert "no batch for 14s" in "\n".join(lines(silent, 80, 24))
    away = replace(silent, database=SourceSnapshot("database", False, 3.0, "gone"))
    assert "no batch" not in "\n".join(lines(away, 80, 24))


def test_gaps_are_counted_with_the_ids_they_miss() -> None:
    shown = snapshot()
    screen = "\n".join(lines(replace(shown, health=replace(shown.health, gaps=2, missing_ids=1234)), 80, 24))
    assert "2 gaps, 1,234 ids missing" in screen


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_before_anything_is_known_there_is_a_screen(width: int, height: int) -> None:
    empty = snapshot(
        0,
        0,
        kafka=SourceSnapshot("Kafka"),
        database=SourceSnapshot("database"),
        span=None,
        trend_span=None,
        window=None,
    )
    screen = "\n".join(lines(empty, width, height))
    assert "no symbols yet" in screen
    assert "none so far" in screen


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_without_unicode_everything_is_ascii(width: int, height: int) -> None:
    assert "\n".join(lines(snapshot(7, 9), width, height, ASCII)).isascii()


def test_no_colour_stands_alone_and_none_is_red_or_green() -> None:
    """What is blue goes up, what is orange goes down or is a warning: each has its sign or word in the same text."""
    for line in screen_lines(snapshot(7, 6), TITLE, 200, 50):
        for span in line.spans:
            red, green, blue = colour_of(span.style)
            assert not (red > 150 and max(green, blue) < 80), "red"
            assert not (green > 150 and max(red, blue) < 80), "green"
    row = next(line for line in screen_lines(snapshot(7), TITLE, 80, 24) if "ETHUSDT" in line.plain)
    assert styled(row, DOWN) >= {"▼ -1.23%"}
    row = next(line for line in screen_lines(snapshot(7), TITLE, 80, 24) if "BTCUSDT" in line.plain)
    assert styled(row, UP) >= {"▲ +0.52%", "+0.13%"}


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    console = Console(file=file, width=80, height=24, force_terminal=True, color_system="truecolor")
    console.print(render(snapshot(7, 6), TITLE, 80, 24))
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", file.getvalue())
    assert "97,123.40" in file.getvalue()


@settings(max_examples=200, deadline=None)
@given(
    st.integers(10, 250), st.integers(3, 80), st.integers(0, 45), st.integers(0, 30), st.sampled_from([UNICODE, ASCII])
)
def test_any_size_is_survived(width: int, height: int, symbols: int, alerts: int, glyphs: Glyphs) -> None:
    screen = screen_lines(snapshot(symbols, alerts), TITLE, width, height, glyphs)
    assert len(screen) <= height
    assert max(line.cell_len for line in screen) <= width


def test_golden_screen_at_60_columns() -> None:
    """One screen in full, so that a change of its looks is seen in review."""
    shown = replace(snapshot(3, 2), symbols=tuple(replace(symbol(number), trend=(1, 2, 3, 4)) for number in range(3)))
    assert [line.rstrip() for line in lines(shown, 60, 18)] == GOLDEN.splitlines()


GOLDEN = """\
 demo/majors · simulator        3:12 of 10:00  12:00:00 UTC
─────── change, VWAP, volume 24h, trend 20m, volatility 2m ─
 symbol             last change vs VWAP trend           age
 BTCUSDT       97,123.40 +0.52%  +0.13%          ▁▃▅▇  0.3s
 ETHUSDT        3,123.45 -1.23%  +0.13%          ▁▃▅▇  0.3s
 1000PEPEUSDT 0.00001234  0.00%  +0.13%          ▁▃▅▇  0.3s

 alerts  ◇ 1 open  ◆ 1 confirmed
 ◇ open      info     BTCUSDT price spike ▲       3s ago
 ◆ confirmed critical ETHUSDT volume surge 8.21x 43s ago




────────────────────────────────────────────────────────────
 1,003 trades/s   no gaps   latency p50 412 ms  p99 913 ms
 lag 340 ms (212 trades)
 Kafka 127.0.0.1:41234                         Ctrl-C stops
"""


def styled(line: Text, colour: str) -> set[str]:
    """The parts of a line in a colour."""
    return {line.plain[span.start : span.end].strip() for span in line.spans if colour in str(span.style)}


def colour_of(style: object) -> tuple[int, int, int]:
    found = re.search(r"#[0-9a-f]{6}", str(style))
    return tuple(Color.parse(found[0]).get_truecolor()) if found else (0, 0, 0)
