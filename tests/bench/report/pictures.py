"""The plots of the page."""

from pathlib import Path

from matplotlib.figure import Figure as Canvas

from bench.report.draining import excluded, included, of, resumed
from bench.report.figures import Figure
from bench.results import Pipeline, Results

_LOOKS: tuple[tuple[Pipeline, str, str], ...] = (("ours", "#2f7fd6", "CryptoStream"), ("naive", "#d9710f", "naive"))
_METADATA = {"Software": None}
"""No version in the file, so that the same results give the same bytes."""


def draw_drain(results: Results, path: Path) -> None:
    """Trades a second of both, with the range of the repetitions."""
    canvas = Canvas(figsize=(8, 3.2), layout="constrained")
    axes = canvas.subplots()
    kinds = (("start-up included", included), ("start-up excluded", excluded), ("behind a running job", resumed))
    for offset, (pipeline, colour, label) in enumerate(_LOOKS):
        for number, (_, measure) in enumerate(kinds):
            figure = Figure.of(measure(run) for run in of(results, pipeline))
            place = number + (offset - 0.5) * 0.36
            axes.barh(place, figure.median / 1e3, height=0.34, color=colour, label=label if not number else None)
            axes.plot([figure.least / 1e3, figure.largest / 1e3], [place, place], color="black", linewidth=1.2)
    axes.set_yticks(range(len(kinds)), [name for name, _ in kinds])
    axes.invert_yaxis()
    axes.set_xlabel("thousand trades a second from Kafka into the database")
    axes.legend(loc="lower right", frameon=False)
    _save(canvas, path)


def _save(canvas: Canvas, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, format="png", dpi=110, metadata=_METADATA)
