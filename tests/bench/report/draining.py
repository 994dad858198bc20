"""What the page says about working off a backlog."""

from collections.abc import Callable, Sequence

from bench.report.figures import Figure, ratios
from bench.report.style import IMAGES
from bench.report.table import table
from bench.results import Drained, Pipeline, Results

Measure = Callable[[Drained], float]

_MILLION = 1_000_000
_TEXT = """
The same trades are written to both topics, then one job after the other starts on them, with a fresh checkpoint and an
empty database. *Start-up* ends when the query runs; *excluded* counts from there to the commit of the last trade's row,
so it holds what the first micro-batch compiles. Then the job is stopped by a signal, more trades are written, and the
job is resumed: *behind a running job* is free of all start-up. Ours writes some twenty statistics, sizes of trades,
windows and alerts, and is verified afterwards; the naive one writes one average.
"""


def draining(results: Results) -> str:
    """The section."""
    if not results.drains:
        return ""
    ours, naive = of(results, "ours"), of(results, "naive")
    first = ours[0]
    rows = [
        _row("start-up, s", ours, naive, lambda run: run.start_up, 1),
        _row("trades/s, start-up excluded", ours, naive, excluded),
        _row("trades/s, start-up included", ours, naive, included),
        _row("trades/s, behind a running job", ours, naive, resumed),
        _row("processor seconds per million trades: job, start-up included", ours, naive, _job_seconds, 1),
        _row("… job, behind a running job", ours, naive, job_seconds_resumed, 1),
        _row("… job, broker and database, behind a running job", ours, naive, _all_seconds_resumed, 1),
        _row("peak memory of the job, MiB", ours, naive, lambda run: run.usage.peak_bytes["job"] / 2**20),
    ]
    head = f"## A backlog\n\nOf {first.trades:,} trades, and {first.further:,} behind a running job."
    shown = table(("", "CryptoStream", "naive", "ratio"), rows)
    return f"{head}\n{_TEXT}\n{shown}\n\n![Trades a second of both]({IMAGES}/drain.png)"


def of(results: Results, pipeline: Pipeline) -> list[Drained]:
    """A pipeline's runs in order of repetition."""
    return sorted((run for run in results.drains if run.pipeline == pipeline), key=lambda run: run.repeat)


def excluded(run: Drained) -> float:
    """Trades a second from the start of the query."""
    return run.trades / run.drain


def included(run: Drained) -> float:
    """Trades a second from the start of the process."""
    return run.trades / (run.start_up + run.drain)


def resumed(run: Drained) -> float:
    """Trades a second of a job that has run before."""
    return run.further / run.resumed


def _job_seconds(run: Drained) -> float:
    return run.usage.processor_seconds["job"] / run.trades * _MILLION


def job_seconds_resumed(run: Drained) -> float:
    """Processor seconds of the job for a million trades."""
    return run.resumed_usage.processor_seconds["job"] / run.further * _MILLION


def _all_seconds_resumed(run: Drained) -> float:
    return sum(run.resumed_usage.processor_seconds.values()) / run.further * _MILLION


def _row(name: str, ours: Sequence[Drained], naive: Sequence[Drained], measure: Measure, digits: int = 0) -> list[str]:
    mine, theirs = [measure(run) for run in ours], [measure(run) for run in naive]
    return [name, Figure.of(mine).text(digits), Figure.of(theirs).text(digits), ratios(mine, theirs).text(2)]
