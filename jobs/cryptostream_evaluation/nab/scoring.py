"""The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015), as its own scorer computes it.

A window pays for its earliest detection, every row above the threshold outside of windows costs, one threshold serves
all files. docs/detection-results.md says what a score on a part of the benchmark means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RowRange = tuple[int, int]
"""First and last row of a labelled window, both inside."""

PROBATION_SHARE = 0.15
LONGEST_PROBATION = 750
"""15 % of 5,000 rows, the benchmark's cap."""
_STEEPNESS = 5.0
_FAR = 3.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a hit pays, and what a missed window and a false alarm at its worst cost."""

    name: str
    hit: float
    miss: float
    false_positive: float


PROFILES = (
    Profile("standard", 1.0, 1.0, 0.11),
    Profile("reward low false positives", 1.0, 1.0, 0.22),
    Profile("reward low false negatives", 1.0, 2.0, 0.11),
)


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """A file's anomaly scores, row by row, and its labelled windows in order."""

    scores: Floats
    windows: Sequence[RowRange]


@dataclass(frozen=True, slots=True)
class Result:
    """The normalised score (100 is perfect, 0 a detector that never fires) at the best threshold for all files.

    ``detected`` of ``windows`` are found at that threshold, ``false_rows`` rows outside of windows lie at or above it.
    """

    profile: Profile
    score: float
    threshold: float
    windows: int
    detected: int
    false_rows: int


def probation(rows: int) -> int:
    """How many rows at a file's beginning do not count."""
    return min(int(PROBATION_SHARE * rows), LONGEST_PROBATION)


def position_weight(position: Floats) -> Floats:
    """The scaled sigmoid of a position relative to a window.

    -1 is the left edge (0.987), 0 the right edge (0); beyond it falls towards -1, which it is from 3 widths on.
    """
    near = 2.0 / (1.0 + np.exp(_STEEPNESS * np.minimum(position, _FAR))) - 1.0
    return np.where(position > _FAR, -1.0, near)


def row_weights(rows: int, windows: Sequence[RowRange]) -> tuple[Floats, NDArray[np.int64]]:
    """What a detection at each row is worth before the profile's factors, and the number of its window, -1 outside."""
    weights = np.full(rows, -1.0)
    window_of = np.full(rows, -1, dtype=np.int64)
    best = float(position_weight(np.array([-1.0]))[0])
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        inside = np.arange(first, last + 1)
        weights[inside] = position_weight(-(last - inside + 1) / width) / best
        window_of[inside] = number
        until = windows[number + 1][0] if number + 1 < len(windows) else rows
        after = np.arange(last + 1, until)
        weights[after] = position_weight((after - last) / max(width - 1, 1))
    return weights, window_of


def score_files(files: Sequence[ScoredFile], profile: Profile) -> Result:
    """The best score that one threshold for all files gives. Raises ValueError when no file has a window."""
    scores, weights, windows, total = _joined(files)
    if not total:
        raise ValueError("no labelled window in any file: a score is not defined")
    order = np.argsort(-scores, kind="stable")
    scores, weights, windows = scores[order], weights[order], windows[order]
    outside = windows < 0
    gained = np.where(outside, weights * profile.false_positive, 0.0)
    found = np.zeros(len(scores), dtype=np.int64)
    paid: dict[int, float] = {}
    for row in np.flatnonzero(~outside):
        window, pays = int(windows[row]), float(weights[row]) * profile.hit
        before = paid.get(window)
        if before is None or pays > before:
            gained[row] = pays - (-profile.miss if before is None else before)
            found[row] = before is None
            paid[window] = pays
    null = -profile.miss * total
    # A threshold lies between two different scores: all rows of one score are above it, or none.
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], len(scores) > 0))
    sums = np.concatenate(([null], null + np.cumsum(gained)[ends]))
    best = int(np.argmax(sums))
    last = int(ends[best - 1]) if best else -1
    return Result(
        profile=profile,
        score=100.0 * (float(sums[best]) - null) / (profile.hit * total - null),
        threshold=float(scores[last]) if best else float("inf"),
        windows=total,
        detected=int(found[: last + 1].sum()),
        false_rows=int(outside[: last + 1].sum()),
    )


def _joined(files: Sequence[ScoredFile]) -> tuple[Floats, Floats, NDArray[np.int64], int]:
    """All files' rows after probation, windows numbered over all files, and how many windows there are."""
    scores, weights, windows, total = [], [], [], 0
    for file in files:
        weight, window = row_weights(len(file.scores), file.windows)
        begin = probation(len(file.scores))
        scores.append(file.scores[begin:])
        weights.append(weight[begin:])
        windows.append(np.where(window < 0, -1, window + total)[begin:])
        total += len(file.windows)
    if not files:
        return np.empty(0), np.empty(0), np.empty(0, dtype=np.int64), 0
    return np.concatenate(scores), np.concatenate(weights), np.concatenate(windows), total
