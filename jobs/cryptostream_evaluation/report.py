"""The published results as Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan
from operator import eq

from cryptostream_evaluation.alarms import TapeOutcome
from cryptostream_evaluation.nab.scoring import Result
from cryptostream_evaluation.plan import GRACE, Extent
from cryptostream_evaluation.sizes import LOWEST_QUARTILE_SHARE, SIZES
from cryptostream_evaluation.statistics import Figure, share
from cryptostream_evaluation.summary import (
    RuleSummary,
    TypeSummary,
    causes,
    everyone,
    recall_of,
    summarize,
    summarize_type,
    upper_half,
    with_thresholds,
)

PUBLISHED = (
    ("ARTime", (74.9, 65.1, 80.4)),
    ("Numenta HTM", (70.5, 62.6, 75.2)),
    ("CAD OSE", (69.9, 67.0, 73.2)),
    ("KNN CAD", (58.0, 43.4, 64.8)),
    ("Random Cut Forest", (51.7, 38.4, 59.7)),
    ("Twitter ADVec", (47.1, 33.6, 53.5)),
    ("Windowed Gaussian", (39.6, 20.9, 47.4)),
)
"""Scoreboard of NAB v1.0, the full corpus of 58 files."""
IMAGES = "images/detection"
_FACTORS = (1.0, 1.25, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Results:
    """All that the report tells.

    ``benchmark``: the results of each variant of the series scorer, the shipped one first; None where the benchmark's
    files are not at hand.
    """

    extent: Extent
    split: str
    outcomes: Sequence[tuple[TapeOutcome, ...]]
    benchmark: Sequence[tuple[str, Sequence[Result]]] | None

    @property
    def ours(self) -> list[TapeOutcome]:
        return [each[0] for each in self.outcomes]

    @property
    def rules(self) -> list[RuleSummary]:
        """Ours first, then the naive ones."""
        columns = list(zip(*self.outcomes, strict=True))
        return [summarize(column[0].rule, column) for column in columns]

    @property
    def detectors(self) -> list[str]:
        return sorted({alarm.detector for outcome in self.ours for alarm in outcome.alarms})

    @property
    def types(self) -> list[TypeSummary]:
        """All detectors together on each type of event."""
        return [summarize_type("any", kind, self.ours, everyone) for kind in SIZES]


def render(results: Results, rules: Sequence[RuleSummary], types: Sequence[TypeSummary]) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        _tapes(results),
        _goals(results, rules[0]),
        _rules(rules),
        _types(results, types),
        _false(results),
        _thresholds(results),
        _benchmark(results.benchmark),
        _LIMITS,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_HEAD = """
# Detection results

Written by `make evaluate`; do not edit. Every figure is drawn from seeds and is made again by that command.
Intervals are 95 %: Wilson's for recall and precision, a bootstrap over whole tapes for the rest.
"""

_BACKGROUND = f"""
All hold regimes of 0.5 to 3 times the volatility (four a day), news that moves the price by 3 to 10 pane volatilities
within minutes and takes a part back (two a day), a daily rhythm and an opening rush. None of it is an event.
{LOWEST_QUARTILE_SHARE:.0%} of the sizes lie in the lowest quarter of their range, the others are uniform over the rest;
fixed before any tuning (`jobs/cryptostream_evaluation/sizes.py`). A pane volatility is the standard deviation of the
return between panes on a quiet day of the symbol.
"""

_NAIVE = """
The naive rules judge the same windows when they close; firing windows within ten of each other are one alarm. The rule
after Kamps and Kleinberg (2018) asks for a price and a volume above their means, here by 5 % and 25 % over 12 candles
(initial), 5 % and 300 % over 12 (balanced), 10 % and 400 % over 24 (strict). It is made for candles of an hour; the
price's excess is scaled to our window by the square root of time, else it would never fire.
"""

_BENCHMARK = """
`cryptostream score` with its one setting on 29 of the benchmark's 58 files; rules as published: one threshold for all
files, chosen on the files that it is scored on, and the first 15 % of a file (at most 750 rows) do not count. A score
on a part of the files is no place on the scoreboard, whose figures stand beside it for orientation. The statistics and
settings were chosen with these same files in view, so expect less on others. No file is market data.
"""

_LIMITS = f"""
## What these figures are not

- The market is simulated: clustered volatility, fat tails, bursty arrivals, a daily rhythm, volatility regimes and
  news, but no real exchange. Real false-alarm rates are measured with `cryptostream backtest` on a recording of your
  own symbols.
- An alarm counts when it is first told, by a job that looks once after every pane; one that is withdrawn later counts
  all the same. A job looks more often, so delays are rounded up to the pane, and alarms that come and go within a
  pane are not seen.
- An alarm from the onset of an event until {GRACE} s after its end belongs to it; further ones of the same event are
  neither hits nor false.
- Precision and F1 depend on how frequent events are (here one an hour); false alarms on quiet tape do not.
"""


def _tapes(results: Results) -> str:
    quiet = sum(outcome.days for outcome in results.ours if outcome.plan.kind == "quiet")
    eventful = sum(outcome.days for outcome in results.ours if outcome.plan.kind == "events")
    by_no_setting = ", which no setting was chosen by" if results.split == "report" else ""
    drawn = (
        f"Seeds of the split `{results.split}`{by_no_setting}: {quiet:.4g} symbol-days of quiet tape and "
        f"{eventful:.4g} with events.\nSymbols: {', '.join(results.extent.symbols)}."
    )
    sizes = [(f"`{kind}`", f"{each.least:g} to {each.largest:g} {each.unit}") for kind, each in SIZES.items()]
    head = f"## Tapes\n\n{drawn}"
    return f"{_table(head, ('event', 'sizes'), sizes)}\n{_BACKGROUND}"


def _goals(results: Results, ours: RuleSummary) -> str:
    large = upper_half(results.ours)
    rows = [
        ("recall over all sizes", ours.recall.text(), "≥ 0.90"),
        ("recall over the upper half of sizes", recall_of(large).text(), "≥ 0.98"),
        ("false alarms a symbol-day on quiet tape, all detectors together", ours.false_alarms.text(), "≤ 1"),
        ("median delay from onset, seconds", ours.delay.text(0), "≤ 30 (one slide)"),
        ("95th percentile of the delay, seconds", f"{ours.late_delay:.0f}", ""),
    ]
    return _table("## Goals", ("figure", "measured", "goal"), rows)


def _rules(rules: Sequence[RuleSummary]) -> str:
    rows = [
        (
            rule.name,
            rule.recall.text(),
            rule.precision.text(),
            rule.f1.text(),
            rule.false_alarms.text(),
            rule.delay.text(0),
        )
        for rule in rules
    ]
    table = _table(
        "## Beside the rules of similar projects",
        ("rule", "recall", "precision", "F1", "false alarms a day", "median delay, s"),
        rows,
    )
    return f"{table}\n\n![F1 and false alarms of each rule]({IMAGES}/rules.png)\n{_NAIVE}"


def _types(results: Results, types: Sequence[TypeSummary]) -> str:
    rows = []
    for each in types:
        rows.append(_type_row(each))
        for detector in results.detectors:
            mine = summarize_type(detector, each.type, results.ours, partial(eq, detector))
            if mine.recall.value > 0:
                rows.append(_type_row(mine))
    table = _table(
        "## By type of event, detector and size",
        ("event", "detector", "events", "recall", "lowest quarter", "second", "third", "highest", "median delay, s"),
        rows,
    )
    return f"{table}\n\n![Recall by type and size]({IMAGES}/recall.png)"


def _type_row(each: TypeSummary) -> tuple[str, ...]:
    return (
        f"`{each.type}`",
        each.detector if each.detector == "any" else f"`{each.detector}`",
        str(each.events),
        each.recall.text(),
        *(_short(figure) for figure in each.by_quarter),
        each.delay.text(0),
    )


def _false(results: Results) -> str:
    counted = causes(results.ours)
    days = sum(outcome.days for outcome in results.ours if outcome.plan.kind == "quiet") or 1.0
    names = sorted({cause for _, cause in counted})
    rows = []
    for detector in results.detectors:
        mine = summarize(detector, results.ours, partial(eq, detector))
        rows.append(
            (
                f"`{detector}`",
                mine.false_alarms.text(),
                mine.precision.text(),
                *(f"{counted[detector, name] / days:.2f}" for name in names),
            )
        )
    told = [alarm for outcome in results.ours for alarm in outcome.alarms]
    withdrawn = share(sum(alarm.withdrawn for alarm in told), len(told))
    table = _table(
        "## False alarms by detector and cause",
        ("detector", "a symbol-day of quiet tape", "precision", *names),
        rows,
    )
    return f"{table}\n\nOf all alarms {withdrawn.text()} were withdrawn when their window closed."


def _thresholds(results: Results) -> str:
    rows = []
    for factor in _FACTORS:
        outcomes = with_thresholds(results.ours, factor)
        all_of_them = summarize("all", outcomes)
        each = [summarize(name, outcomes, partial(eq, name)).false_alarms for name in results.detectors]
        rows.append(
            (
                f"{factor:g}",
                all_of_them.recall.text(),
                _short(recall_of(upper_half(outcomes))),
                _short(all_of_them.precision),
                _short(all_of_them.f1),
                all_of_them.false_alarms.text(),
                *(_short(figure) for figure in each),
            )
        )
    columns = ("factor", "recall", "upper half", "precision", "F1", "false alarms a day")
    return _table("## What higher thresholds would do", (*columns, *(f"`{name}`" for name in results.detectors)), rows)


def _benchmark(variants: Sequence[tuple[str, Sequence[Result]]] | None) -> str:
    head = "## The series scorer on the Numenta Anomaly Benchmark"
    if not variants:
        return f"{head}\n\nNot measured in this run: the benchmark's files were not at hand (`--nab FOLDER`)."
    rows = [
        (
            result.profile.name,
            f"{result.score:.1f}",
            f"{result.detected} of {result.windows}",
            str(result.false_rows),
            f"{result.threshold:.2f}",
        )
        for result in variants[0][1]
    ]
    table = _table(head, ("profile", "score", "windows found", "rows outside", "threshold"), rows)
    changed = _table(
        "One setting changed at a time:",
        ("scorer", "standard", "low false positives", "low false negatives"),
        [(name, *(f"{result.score:.1f}" for result in results)) for name, results in variants],
    )
    return f"{table}\n\n![Scores beside published ones]({IMAGES}/benchmark.png)\n{_BENCHMARK}\n{changed}"


def _table(head: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([head, "", *lines])


def _short(figure: Figure) -> str:
    return "-" if isnan(figure.value) else f"{figure.value:.2f}"
