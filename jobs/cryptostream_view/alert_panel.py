"""Alerts, the newest first, one line each."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from cryptostream_view.figures import ago_text
from cryptostream_view.glyphs import Glyphs
from cryptostream_view.palette import FAINT, SEVERITIES, STATES, STRONG, direction_style
from cryptostream_view.snapshot import AlertSnapshot, AlertState
from cryptostream_view.table import Cell, Column, table_lines

_STATES: tuple[AlertState, ...] = ("open", "confirmed", "withdrawn")
_MORE_THAN_A_GLANCE = 56
_ROOMY = 90


def alert_lines(alerts: Sequence[AlertSnapshot], width: int, rows: int, glyphs: Glyphs) -> list[Text]:
    """A title with the counts and at most ``rows`` alerts."""
    title = _title(alerts, width, glyphs)
    if not alerts:
        return [title, Text("none so far", "dim", no_wrap=True)][: rows + 1]
    shown = alerts[:rows]
    # The words say what each column holds; a header would only take a line from the alerts.
    return [title, *table_lines(_columns(shown, width, glyphs), width, _gaps(width))[1:]]


def detector_words(alert: AlertSnapshot, glyphs: Glyphs) -> str:
    """What the detector has seen: ``price spike ▲``, ``volume surge 8.2x``, ``volatility burst``."""
    words = alert.detector.replace("_", " ")
    if alert.direction is not None:
        words += f" {glyphs.up if alert.direction == 'up' else glyphs.down}"
    if alert.ratio is not None:
        words += f" {alert.ratio:.3g}x" if alert.ratio < 1000 else f" {alert.ratio:.0f}x"
    return words


def _title(alerts: Sequence[AlertSnapshot], width: int, glyphs: Glyphs) -> Text:
    """How many alerts of each state there are, which also explains the signs."""
    counts = Counter(alert.state for alert in alerts)
    parts = [(f"{glyphs.state(state)} {counts[state]} {state}", STATES[state]) for state in _STATES if counts[state]]
    for heading, gap in (("alerts", "  "), ("", "  "), ("", " ")):
        title = Text(heading, "bold", no_wrap=True, overflow="crop")
        for text, style in parts:
            title.append(gap if title.plain else "")
            title.append(text, style)
        if title.cell_len <= width:
            break
    title.truncate(width)
    return title


def _columns(alerts: Sequence[AlertSnapshot], width: int, glyphs: Glyphs) -> list[Column]:
    brief = width < _MORE_THAN_A_GLANCE
    ages = [(ago_text(alert.age).removesuffix(" ago" if brief else ""), FAINT) for alert in alerts]
    scores = [f"{alert.score:.1f}" for alert in alerts]
    widest = max(map(len, scores), default=0)
    threshold, note = [], []
    if width >= _ROOMY:
        threshold = [_column(7, [(f"threshold {alert.threshold:g}", FAINT) for alert in alerts])]
        note = [_column(6, [(_note(alert), FAINT) for alert in alerts])]
    return [
        _column(0, [(glyphs.state(alert.state), STATES[alert.state]) for alert in alerts]),
        _column(3, [(alert.state, STATES[alert.state]) for alert in alerts]),
        _column(4, [(alert.severity, _fainter(alert, SEVERITIES[alert.severity])) for alert in alerts]),
        _column(0, [(alert.symbol, _fainter(alert, STRONG)) for alert in alerts]),
        _column(1, [_what(alert, glyphs) for alert in alerts]),
        _column(
            5, [(f"score {score:>{widest}}", _fainter(alert, "")) for alert, score in zip(alerts, scores, strict=True)]
        ),
        *threshold,
        *note,
        _column(2, ages, right=True),
    ]


def _gaps(width: int) -> tuple[int, ...]:
    if width >= _ROOMY:
        return (2,)
    return (2, 1) if width >= _MORE_THAN_A_GLANCE else (1,)


def _column(rank: int, cells: Sequence[Cell], *, right: bool = False) -> Column:
    return Column("", rank, lambda _: cells, "right" if right else "left")


def _note(alert: AlertSnapshot) -> str:
    if alert.backfilled:
        return "in history"
    return "ended" if alert.ended else "lasting" if alert.state == "confirmed" else ""


def _what(alert: AlertSnapshot, glyphs: Glyphs) -> Cell:
    direction = {"up": 1.0, "down": -1.0}.get(alert.direction or "")
    return detector_words(alert, glyphs), _fainter(alert, direction_style(direction))


def _fainter(alert: AlertSnapshot, style: str) -> str:
    return FAINT if alert.state == "withdrawn" else style
