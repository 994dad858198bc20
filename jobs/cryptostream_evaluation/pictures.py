"""The plots of the published results."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from cryptostream_evaluation.nab.scoring import Result
from cryptostream_evaluation.summary import RuleSummary, TypeSummary

_BLUE, _ORANGE, _GREY = "#2f7fd6", "#d9710f", "#8d95a1"
_QUARTERS = ("lowest", "second", "third", "highest")
_METADATA = {"Software": None}
"""No version in the file, so that a run again gives the same bytes."""


def draw_rules(rules: Sequence[RuleSummary], path: Path) -> None:
    """F1 and false alarms of each rule, with intervals; the first rule is ours."""
    canvas = Canvas(figsize=(9, 0.5 * len(rules) + 1.4), layout="constrained")
    scores, alarms = canvas.subplots(1, 2, sharey=True)
    for number, rule in enumerate(rules):
        colour = _BLUE if number == 0 else _GREY
        for axes, figure in ((scores, rule.f1), (alarms, rule.false_alarms)):
            axes.barh(number, figure.value, color=colour, height=0.6)
            axes.plot([figure.low, figure.high], [number, number], color="black", linewidth=1.2)
    scores.set_yticks(range(len(rules)), [rule.name for rule in rules])
    scores.invert_yaxis()
    scores.set_xlim(0, 1)
    scores.set_xlabel("F1, tapes with events")
    alarms.axvline(1.0, color=_ORANGE, linewidth=1, linestyle="--")
    alarms.set_xscale("symlog", linthresh=1)
    alarms.set_xlim(left=0)
    alarms.set_xlabel("false alarms a symbol-day, quiet tape")
    _save(canvas, path)


def draw_recall(types: Sequence[TypeSummary], path: Path) -> None:
    """Recall of all detectors together by type of event and quarter of its range of sizes."""
    canvas = Canvas(figsize=(9, 3.4), layout="constrained")
    axes = canvas.subplots(1, max(len(types), 1), sharey=True, squeeze=False)[0]
    for place, each in zip(axes, types, strict=True):
        for number, figure in enumerate(each.by_quarter):
            if not isnan(figure.value):
                place.bar(number, figure.value, color=_BLUE, width=0.7)
                place.plot([number, number], [figure.low, figure.high], color="black", linewidth=1.2)
        place.set_title(each.type.replace("_", " "), fontsize=10)
        place.set_xticks(range(4), _QUARTERS, rotation=45, fontsize=8)
        place.set_ylim(0, 1)
        place.axhline(0.9, color=_ORANGE, linewidth=1, linestyle="--")
    axes[0].set_ylabel("recall")
    canvas.supxlabel("quarter of the range of sizes", fontsize=9)
    _save(canvas, path)


def draw_benchmark(results: Sequence[Result], published: Sequence[tuple[str, tuple[float, ...]]], path: Path) -> None:
    """Our scores of each profile beside published ones of the full benchmark."""
    names = ["CryptoStream (29 of 58 files)", *(name for name, _ in published)]
    rows = [tuple(result.score for result in results), *(scores for _, scores in published)]
    canvas = Canvas(figsize=(9, 0.42 * len(rows) + 1.2), layout="constrained")
    axes = canvas.subplots()
    for number, scores in enumerate(rows):
        axes.barh(number, scores[0], color=_BLUE if number == 0 else _GREY, height=0.6)
        axes.plot(scores[1:], [number] * (len(scores) - 1), "|", color="black", markersize=10)
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    axes.set_xlabel("score: standard profile; marks: rewarding few false positives, few false negatives")
    _save(canvas, path)


def _save(canvas: Canvas, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, format="png", dpi=110, metadata=_METADATA)
