"""The whole screen as one renderable of exactly fitting lines. Pure: the same snapshot gives the same screen."""

from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from cryptostream_view.alert_panel import alert_lines
from cryptostream_view.chart import chart_lines
from cryptostream_view.figures import clock_text
from cryptostream_view.glyphs import UNICODE, Glyphs
from cryptostream_view.health_lines import health_lines, trouble_lines
from cryptostream_view.palette import FAINT
from cryptostream_view.snapshot import Snapshot
from cryptostream_view.symbol_table import spans_sentence, symbol_lines
from cryptostream_view.title import Title

_INSET_FROM = 60
_RULED_FROM = 16
_SIDE_BY_SIDE = 160
_FEWEST_ALERTS = 3
_MOST_ALERTS_UNDER_CHARTS = 8
_ALERTS_WIDTH = 78
_SECOND = 1_000_000


def render(snapshot: Snapshot, title: Title, width: int, height: int, glyphs: Glyphs = UNICODE) -> Group:
    """At most ``height`` lines of at most ``width`` cells."""
    return Group(*screen_lines(snapshot, title, width, height, glyphs))


def screen_lines(snapshot: Snapshot, title: Title, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[Text]:
    """The lines of `render`."""
    inner = max(width - 2, 1) if width >= _INSET_FROM else width
    above = [_header(snapshot, title, inner, glyphs), *trouble_lines(snapshot, inner, glyphs)]
    below = [*health_lines(snapshot, inner), _footer(title, inner)]
    ruled = height >= _RULED_FROM
    room = max(1, height - len(above) - len(below) - (2 if ruled else 0))
    middle = _middle(snapshot, inner, room, glyphs)
    middle += [Text() for _ in range(room - len(middle))]
    lines = [*_inset(above, width), *_inset(middle, width), *_inset(below, width)]
    if ruled:
        lines.insert(len(above) + room, _rule("", width, glyphs))
        lines.insert(len(above), _rule(spans_sentence(snapshot, inner), width, glyphs))
    for line in lines:
        line.truncate(width)
    return lines[:height]


def _middle(snapshot: Snapshot, width: int, room: int, glyphs: Glyphs) -> list[Text]:
    """Symbols and alerts, side by side where there is room, and charts in what they leave free."""
    if width >= _SIDE_BY_SIDE:
        left_width = width - _ALERTS_WIDTH - 3
        left = symbol_lines(snapshot, left_width, room - 1, glyphs)
        charts = chart_lines(snapshot.symbols, left_width, room - len(left) - 1, glyphs)
        left += [Text(), *charts] if charts else []
        right = alert_lines(snapshot.alerts, _ALERTS_WIDTH, room - 1, glyphs)
        return _beside(left, right, left_width, room, glyphs)
    # A header above the symbols, an empty line and a title above the alerts.
    rows = room - 3
    wanted = max(1, len(snapshot.symbols))
    kept = min(max(len(snapshot.alerts), _FEWEST_ALERTS), _MOST_ALERTS_UNDER_CHARTS)
    charts = chart_lines(snapshot.symbols, width, rows - wanted - kept - 1, glyphs)
    rows -= len(charts) + 1 if charts else 0
    alerts = max(rows - wanted, min(_FEWEST_ALERTS, rows // 3), 0)
    lines = symbol_lines(snapshot, width, min(wanted, max(rows - alerts, 1)), glyphs)
    lines += [Text(), *charts] if charts else []
    return [*lines, Text(), *alert_lines(snapshot.alerts, width, alerts, glyphs)][:room]


def _beside(left: list[Text], right: list[Text], width: int, room: int, glyphs: Glyphs) -> list[Text]:
    lines = []
    for row in range(room):
        line = left[row].copy() if row < len(left) else Text(no_wrap=True)
        line.append(" " * (width - line.cell_len))
        line.append(f" {glyphs.divider} ", FAINT)
        if row < len(right):
            line.append_text(right[row])
        lines.append(line)
    return lines


def _header(snapshot: Snapshot, title: Title, width: int, glyphs: Glyphs) -> Text:
    """Name, stream and source to the left; elapsed time and the clock to the right, the least important left out."""
    now = datetime.fromtimestamp(snapshot.moment // _SECOND, UTC).strftime("%H:%M:%S UTC")
    right = [now]
    if title.started is not None:
        elapsed = clock_text((snapshot.moment - title.started) / _SECOND)
        right.insert(0, elapsed if title.duration is None else f"{elapsed} of {clock_text(title.duration)}")
    left = ["CryptoStream", snapshot.stream, *([title.source] if title.source else [])]
    dot = f" {glyphs.dot} "
    while len(left) > 1 and cell_len(dot.join(left)) + 2 + cell_len("  ".join(right)) > width:
        left.pop(0 if left[0] == "CryptoStream" else -1)
    while len(right) > 1 and cell_len(dot.join(left)) + 2 + cell_len("  ".join(right)) > width:
        right.pop()
    line = Text(no_wrap=True, overflow="crop")
    line.append(left[0], "bold")
    line.append("".join(f"{dot}{part}" for part in left[1:]))
    end = "  ".join(right)
    line.append(" " * max(1, width - line.cell_len - cell_len(end)))
    line.append(end)
    line.truncate(width)
    return line


def _footer(title: Title, width: int) -> Text:
    """Addresses as far as they fit whole, and how to leave."""
    line = Text(no_wrap=True, overflow="crop")
    for address in title.addresses:
        if line.cell_len + cell_len(address) + 3 + cell_len(title.leave) <= width:
            line.append(f"{address}   ", FAINT)
    line.append(" " * max(0, width - line.cell_len - cell_len(title.leave)))
    line.append(title.leave, FAINT)
    line.truncate(width)
    return line


def _rule(words: str, width: int, glyphs: Glyphs) -> Text:
    """A line across the screen, with words near its right end."""
    ending = f" {words} {glyphs.rule}" if words and cell_len(words) + 4 <= width else ""
    return Text(glyphs.rule * (width - cell_len(ending)) + ending, FAINT, no_wrap=True, overflow="crop")


def _inset(lines: list[Text], width: int) -> list[Text]:
    if width < _INSET_FROM:
        return lines
    return [Text.assemble(" ", line, no_wrap=True, overflow="crop") for line in lines]
