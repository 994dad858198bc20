"""The whole screen as one renderable of exactly fitting lines. Pure: the same snapshot gives the same screen."""

from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from cryptostream_view.alert_panel import alert_lines
from cryptostream_view.figures import clock_text
from cryptostream_view.glyphs import UNICODE, Glyphs
from cryptostream_view.health_lines import flow, health_lines, trouble_lines
from cryptostream_view.palette import FAINT
from cryptostream_view.snapshot import Snapshot
from cryptostream_view.symbol_table import symbol_lines
from cryptostream_view.title import Title

_SIDE_BY_SIDE = 150
_FEWEST_ALERTS = 3
_ALERTS_WIDTH = 66
_SECOND = 1_000_000


def render(snapshot: Snapshot, title: Title, width: int, height: int, glyphs: Glyphs = UNICODE) -> Group:
    """At most ``height`` lines of at most ``width`` cells."""
    return Group(*screen_lines(snapshot, title, width, height, glyphs))


def screen_lines(snapshot: Snapshot, title: Title, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[Text]:
    """The lines of `render`."""
    inner = max(width - 2, 1) if width >= 60 else width
    rule = Text(glyphs.rule * width, "dim", no_wrap=True, end="")
    top = [_header(snapshot, title, inner, glyphs)]
    troubles = trouble_lines(snapshot, inner, glyphs)
    health = health_lines(snapshot, inner)
    foot = flow([*(((address, FAINT),) for address in title.addresses), ((title.leave, FAINT),)], inner)
    rules = 2 if height >= 16 else 0
    room = height - len(top) - len(troubles) - len(health) - len(foot) - rules
    if room < 4 and len(foot) > 1:
        foot = foot[-1:]
    room = max(2, height - len(top) - len(troubles) - len(health) - len(foot) - rules)
    middle = _middle(snapshot, inner, room, glyphs)
    above = [*top, *troubles]
    below = [*health, *foot]
    lines = [*_inset(above, width), *([rule] if rules else []), *_inset(middle, width)]
    lines += [Text(end="") for _ in range(room - len(middle))]
    lines += [*([rule] if rules else []), *_inset(below, width)]
    return lines[:height]


def _middle(snapshot: Snapshot, width: int, room: int, glyphs: Glyphs) -> list[Text]:
    if width >= _SIDE_BY_SIDE:
        left = symbol_lines(snapshot, width - _ALERTS_WIDTH - 3, room - 1, glyphs)
        right = alert_lines(snapshot.alerts, _ALERTS_WIDTH, room - 1, glyphs)
        return _beside(left, right, width - _ALERTS_WIDTH - 3, room, glyphs)
    wanted = max(1, len(snapshot.symbols))
    # A header above the symbols, an empty line and a title above the alerts.
    rows = room - 3
    alerts = max(rows - wanted, min(_FEWEST_ALERTS, rows // 3))
    symbols = min(wanted, max(rows - alerts, 1))
    lines = symbol_lines(snapshot, width, symbols, glyphs)
    return [*lines, Text(end=""), *alert_lines(snapshot.alerts, width, alerts, glyphs)][:room]


def _beside(left: list[Text], right: list[Text], width: int, room: int, glyphs: Glyphs) -> list[Text]:
    lines = []
    for row in range(room):
        line = left[row].copy() if row < len(left) else Text(end="", no_wrap=True)
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
    line = Text(no_wrap=True, overflow="crop", end="")
    line.append(left[0], "bold")
    line.append("".join(f"{dot}{part}" for part in left[1:]))
    end = "  ".join(right)
    line.append(" " * max(1, width - line.cell_len - cell_len(end)))
    line.append(end)
    line.truncate(width)
    return line


def _inset(lines: list[Text], width: int) -> list[Text]:
    if width < 60:
        return lines
    return [Text.assemble(" ", line, no_wrap=True, overflow="crop", end="") for line in lines]
