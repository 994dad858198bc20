"""The plots of the page."""

from pathlib import Path

from matplotlib.figure import Figure as Canvas

from bench.plan import IDLE_RATE
from bench.report.delaying import at
from bench.report.draining import excluded, included, of, resumed
from bench.report.figures import Figure
from bench.report.style import COLOURS, NAMES
from bench.results import Results

_METADATA = {"Software": None}
"""No version in the file, so that the same results give the same bytes."""


def draw_drain(results: Results, path: Path) -> None:
    """Trades a second of both, with the range of the repetitions."""
    canvas = Canvas(figsize=(8, 3.2), layout="constrained")
    axes = canvas.subplots()
    kinds = (("start-up included", included), ("start-up excluded", excluded), ("behind a running job", resumed))
    for offset, (pipeline, colour) in enumerate(COLOURS.items()):
        for number, (_, measure) in enumerate(kinds):
            figure = Figure.of(measure(run) for run in of(results, pipeline))
            place = number + (offset - 0.5) * 0.36
            axes.barh(
                place, figure.median / 1e3, height=0.34, color=colour, label=NAMES[pipeline] if not number else None
            )
            axes.plot([figure.least / 1e3, figure.largest / 1e3], [place, place], color="black", linewidth=1.2)
    axes.set_yticks(range(len(kinds)), [name for name, _ in kinds])
    axes.invert_yaxis()
    axes.set_xlabel("thousand trades a second from Kafka into the database")
    canvas.legend(loc="outside upper right", ncols=2, frameon=False)
    _save(canvas, path)


def draw_latency(results: Results, path: Path) -> None:
    """Median and 99th percentile of both at each rate, seconds."""
    canvas = Canvas(figsize=(8, 3.2), layout="constrained")
    axes = canvas.subplots()
    rates = sorted({run.rate for run in results.latencies if run.rate != IDLE_RATE})
    for pipeline, colour in COLOURS.items():
        measured = [(rate, runs) for rate in rates if (runs := at(results, pipeline, rate))]
        for quantile, line, marker in (("p50", "--", "o"), ("p99", "-", "s")):
            seconds = [Figure.of(getattr(run.row, quantile) for run in runs).median for _, runs in measured]
            name = f"{NAMES[pipeline]}, {quantile}"
            axes.plot([rate for rate, _ in measured], seconds, line, marker=marker, color=colour, label=name)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlim(left=0)
    axes.set_xlabel("trades a second")
    axes.set_ylabel("seconds from trade to row")
    axes.grid(visible=True, which="major", axis="y", linewidth=0.4)
    canvas.legend(loc="outside upper right", ncols=4, frameon=False)
    _save(canvas, path)


def _save(canvas: Canvas, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, format="png", dpi=110, metadata=_METADATA)
