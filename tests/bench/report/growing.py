"""What the page says about more symbols and fewer partitions."""

from collections.abc import Iterable

from bench.plan import Shape
from bench.report.draining import job_seconds_resumed, resumed
from bench.report.figures import Figure
from bench.report.style import NAMES
from bench.report.table import table
from bench.results import Drained, Pipeline, Results

_TEXT = """
A backlog as above, of {trades:,} trades behind a running job, in other shapes: the same rate of trades is spread over
more symbols, and the topic has fewer partitions. More symbols mean more rows for the same trades: a pane, a window and
a fold of each detector for every symbol.
"""
_COST = """

With {times:.0f} times the symbols, ours takes {cost:.1f} times the processor time for the same trades.
"""


def growing(results: Results) -> str:
    """The section."""
    if not results.growth:
        return ""
    shapes = list(dict.fromkeys(run.shape for run in results.growth))
    head = ("symbols", "partitions", "", "trades/s", "processor seconds of the job per million trades", "memory, MiB")
    rows = [
        _row(shape, name, runs)
        for shape in shapes
        for pipeline, name in NAMES.items()
        if (runs := grown(results, pipeline, shape))
    ]
    text = _TEXT.format(trades=results.growth[0].further)
    section = f"## Symbols and partitions\n{text}\n{table(head, rows)}"
    if found := growth_of_cost(results):
        section += _COST.format(cost=found[0], times=found[1])
    return section


def grown(results: Results, pipeline: Pipeline, shape: Shape) -> list[Drained]:
    """A pipeline's runs with a shape in order of repetition."""
    found = [run for run in results.growth if (run.pipeline, run.shape) == (pipeline, shape)]
    return sorted(found, key=lambda run: run.repeat)


def growth_of_cost(results: Results) -> tuple[float, float] | None:
    """How much more our job takes for the same trades of the most symbols than of the fewest, and how many times those
    are; None when nothing was compared."""
    shapes = {run.shape for run in results.growth}
    most = max(shapes, key=lambda shape: shape.symbol_count, default=None)
    alike = [shape for shape in shapes if most is not None and shape.partitions == most.partitions]
    fewest = min(alike, key=lambda shape: shape.symbol_count, default=None)
    if most is None or fewest is None or fewest == most:
        return None
    grew = _cost(grown(results, "ours", most)) / _cost(grown(results, "ours", fewest))
    return grew, most.symbol_count / fewest.symbol_count


def _row(shape: Shape, name: str, runs: list[Drained]) -> list[str]:
    return [
        f"{shape.symbol_count:,}",
        f"{shape.partitions}",
        name,
        Figure.of(map(resumed, runs)).text(),
        Figure.of(map(job_seconds_resumed, runs)).text(1),
        Figure.of(run.resumed_usage.peak_bytes["job"] / 2**20 for run in runs).text(),
    ]


def _cost(runs: Iterable[Drained]) -> float:
    return Figure.of(map(job_seconds_resumed, runs)).median
