"""The summary as a person reads it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cryptostream_demo.summary import Summary
from cryptostream_view.latency import LatencySummary


def print_summary(summary: Summary, console: Console) -> None:
    """One figure a line, and where everything is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in summary_lines(summary):
        table.add_row(name, Text(text))
    console.print()
    console.print(table)


def summary_lines(summary: Summary) -> list[tuple[str, str]]:
    """Name and text of each line."""
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
    lines += list(summary.pictures.items())
    if summary.kept:
        lines.append(("kept", f"{summary.folder}; prove it right with: cryptostream verify {summary.folder}"))
    else:
        lines.append(("logs", f"{summary.folder}/logs"))
    lines += [("note", note) for note in summary.notes]
    return lines


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
