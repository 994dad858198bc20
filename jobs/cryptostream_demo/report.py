"""The summary as a person reads it."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cryptostream_demo.summary import Summary
from cryptostream_view.latency import LatencySummary

_NAME_WIDTH = 8


def print_summary(summary: Summary, console: Console) -> None:
    """One figure a line, and where everything is; paths and commands are never broken, so that they can be copied."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True, min_width=_NAME_WIDTH)
    table.add_column(overflow="fold")
    for name, text in figure_lines(summary):
        table.add_row(name, Text(text))
    console.print()
    console.print(table)
    for name, text in place_lines(summary):
        console.print(Text.assemble((f"{name:<{_NAME_WIDTH}}  ", "bold"), text), soft_wrap=True)


def figure_lines(summary: Summary) -> list[tuple[str, str]]:
    """Name and text of each line that says what happened."""
    stored = summary.stored
    live = stored.trades - stored.backfilled_trades
    run = f"{_span(summary.live_seconds)} live on {summary.source}, {stored.symbols} symbols"
    lines = [
        ("run", f"{run}, started in {summary.start_seconds:.0f} s"),
        ("trades", f"{stored.trades:,}: {live:,} live, {stored.backfilled_trades:,} fetched over REST"),
        ("windows", f"{stored.windows:,} closed, from {stored.panes:,} panes in {stored.batches:,} batches"),
        ("latency", _latency(summary.latency)),
    ]
    missing = f"{stored.gaps} gaps, {stored.missing_ids} ids that the exchange could not deliver"
    lines.append(("feed", f"{missing}, {stored.late_trades} late trades"))
    lines.append(("alerts", _alerts(summary)))
    if summary.injected:
        found = sum(event.found for event in summary.injected)
        lines.append(("events", f"{found} of {len(summary.injected)} injected events have an alert"))
    if summary.restarts:
        lines.append(("restarts", ", ".join(f"{name} {count}" for name, count in sorted(summary.restarts.items()))))
    if summary.behind:
        lines.append(("behind", f"the database lacks the last records of {', '.join(summary.behind)}"))
    return [*lines, *(("note", note) for note in summary.notes)]


def place_lines(summary: Summary) -> list[tuple[str, str]]:
    """Name and path or command of each thing that the run leaves."""
    lines = [(name, _near(path)) for name, path in summary.pictures.items()]
    folder = _near(summary.folder)
    if not summary.kept:
        return [*lines, ("logs", f"{folder}/logs")]
    return [*lines, ("kept", folder), ("prove it", f"cryptostream verify {folder}")]


def _near(path: str) -> str:
    """A path as short as it can be written from here."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _latency(latency: LatencySummary | None) -> str:
    if latency is None:
        return "not measured: the exchange's clock is not this machine's"
    if latency.p50 is None or latency.p99 is None or latency.maximum is None:
        return "no trade was sent while the run was live"
    p50, p99, highest = (round(seconds * 1000) for seconds in (latency.p50, latency.p99, latency.maximum))
    return (
        f"p50 {p50} ms, p99 {p99} ms, at most {highest} ms from the exchange to the commit, "
        f"over {latency.trades:,} trades"
    )


def _alerts(summary: Summary) -> str:
    live = [alert for alert in summary.alerts if not alert.backfilled]
    history = len(summary.alerts) - len(live)
    counts = {state: sum(alert.state == state for alert in live) for state in ("open", "confirmed", "withdrawn")}
    text = f"{len(live)} live ({', '.join(f'{count} {state}' for state, count in counts.items() if count) or 'none'})"
    return f"{text}, {history} in the history" if history else text


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
