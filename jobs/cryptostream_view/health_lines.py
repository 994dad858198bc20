"""How the pipeline does, in as few lines as the width allows, and what is wrong with it."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from cryptostream_view.figures import count_text, duration_text, latency_text
from cryptostream_view.glyphs import Glyphs
from cryptostream_view.palette import ALARM, DOWN, FAINT
from cryptostream_view.snapshot import HealthSnapshot, Snapshot, SourceSnapshot

_SLOW_LATENCY = 2.0
_NO_BATCH = 10.0
_FAR_BEHIND = 10.0
_NOTICE_SECONDS = 20.0
_SECOND = 1_000_000
_GAP = 3
_MORE_THAN_A_GLANCE = 60

Item = tuple[tuple[str, str], ...]
"""Parts of text with their styles, kept on one line."""


def health_lines(snapshot: Snapshot, width: int) -> list[Text]:
    """Trades a second, latency of the last minute, lag, gaps and batches."""
    health = snapshot.health
    if width < _MORE_THAN_A_GLANCE:
        return flow([_rate(health), _gaps(health), _latency(health), _lag(health)], width)
    items = [_rate(health), _latency(health), _lag(health), _gaps(health)]
    items.append((("batch every ", ""), (latency_text(health.batch_seconds), "")))
    if health.total.trades:
        items.append(((f"{health.total.trades:,} trades measured", FAINT),))
    if health.unreadable:
        items.append(((count_text(health.unreadable, "unreadable record"), DOWN),))
    return flow(items, width)


def trouble_lines(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Text]:
    """One line for each thing that is wrong now, and the newest notice for a while."""
    lines = [
        _trouble(sentence, width, glyphs)
        for sentence in (source_sentence(snapshot.kafka), source_sentence(snapshot.database), _no_batch(snapshot))
        if sentence
    ]
    if snapshot.notices and snapshot.moment - snapshot.notices[-1].moment < _NOTICE_SECONDS * _SECOND:
        lines.append(_trouble(snapshot.notices[-1].text, width, glyphs))
    return lines


def flow(items: Sequence[Item], width: int) -> list[Text]:
    """Items side by side; one that does not fit begins a new line."""
    lines: list[Text] = []
    for item in items:
        length = sum(cell_len(text) for text, _ in item)
        if not lines or lines[-1].cell_len + _GAP + length > width:
            lines.append(Text(no_wrap=True, overflow="crop"))
        else:
            lines[-1].append(" " * _GAP)
        for text, style in item:
            lines[-1].append(text, style or None)
    for line in lines:
        line.truncate(width)
    return lines


def _rate(health: HealthSnapshot) -> Item:
    return (f"{health.trades_per_second:,.0f}", "bold"), (" trades/s", "")


def _latency(health: HealthSnapshot) -> Item:
    recent = health.last_minute
    slow = recent.p99 is not None and recent.p99 > _SLOW_LATENCY
    return (
        ("latency p50 ", ""),
        (latency_text(recent.p50), "bold"),
        ("  p99 ", ""),
        (latency_text(recent.p99), f"bold {DOWN}" if slow else "bold"),
    )


def _lag(health: HealthSnapshot) -> Item:
    style = f"bold {DOWN}" if health.behind_seconds > _FAR_BEHIND else "bold"
    return (
        ("lag ", ""),
        (latency_text(health.behind_seconds), style),
        (f" ({count_text(health.behind_trades, 'trade')})", ""),
    )


def _gaps(health: HealthSnapshot) -> Item:
    if health.gaps is None:
        return (("gaps -", ""),)
    if not health.gaps:
        return (("no gaps", ""),)
    return ((f"{count_text(health.gaps, 'gap')}, {count_text(health.missing_ids, 'id')} missing", f"bold {DOWN}"),)


def source_sentence(source: SourceSnapshot) -> str:
    """Why a source is not up, in a sentence; empty when it is."""
    if source.up or (source.up is None and not source.reason and source.seconds < 1):
        return ""
    reason = f": {source.reason}" if source.reason else ""
    if source.up is None:
        return f"waiting for {_the(source)}{reason}"
    sentence = f"{_the(source)} is away for {duration_text(source.seconds)}{reason}"
    return sentence[0].upper() + sentence[1:]


def _the(source: SourceSnapshot) -> str:
    return source.name if source.name[0].isupper() else f"the {source.name}"


def _no_batch(snapshot: Snapshot) -> str:
    age = snapshot.health.last_batch_age
    if not snapshot.database.up or age is None or age < _NO_BATCH:
        return ""
    return f"no batch for {duration_text(age)}: the job is down or waits"


def _trouble(sentence: str, width: int, glyphs: Glyphs) -> Text:
    line = Text(f" {glyphs.warning} {sentence} ", ALARM, no_wrap=True)
    line.truncate(width, overflow="ellipsis" if glyphs.warning != "!" else "crop")
    return line
