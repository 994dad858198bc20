"""The benchmark's files: series and labelled windows, from a folder laid out as the benchmark's own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptostream_evaluation.nab.scoring import RowRange
from cryptostream_score.series import Series, read_series

LABELS = Path("labels") / "combined_windows.json"


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """One file: its name within ``data/``, its rows, and its windows as row ranges."""

    name: str
    series: Series
    windows: Sequence[RowRange]


def read_corpus(folder: Path) -> list[LabelledSeries]:
    """Every file that is labelled and present, in order of name.

    Raises FileNotFoundError when the folder holds no labels, ValueError when a file cannot be read or a window's edge
    is no row of its file.
    """
    labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    corpus = []
    for name, windows in sorted(labels.items()):
        path = folder / "data" / name
        if path.exists():
            series = read_series(path)
            corpus.append(LabelledSeries(name, series, [_rows(name, series, *window) for window in windows]))
    return corpus


def _rows(name: str, series: Series, start: str, end: str) -> RowRange:
    """Rows are found by their first occurrence: some files repeat a timestamp."""
    try:
        return series.times.index(_second(start)), series.times.index(_second(end))
    except ValueError:
        raise ValueError(f"{name}: a labelled window from {start} to {end} has no such rows") from None


def _second(text: str) -> str:
    """Labels carry a fraction of a second that the series lack."""
    return text.partition(".")[0]
