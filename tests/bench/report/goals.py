"""The goals of the project beside what was found."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.plan import IDLE_RATE
from bench.report.delaying import at, cores
from bench.report.draining import excluded, of, resumed
from bench.report.figures import ratios
from bench.report.growing import growth_of_cost
from bench.report.producing import highest, per_core
from bench.report.table import table
from bench.results import Results


@dataclass(frozen=True, slots=True)
class Goal:
    """``found`` must be at least, or at most, ``bound``; ``form`` writes both."""

    name: str
    found: float
    bound: float
    form: str
    at_least: bool

    @property
    def met(self) -> bool:
        return self.found >= self.bound if self.at_least else self.found <= self.bound

    def row(self) -> list[str]:
        side = "at least" if self.at_least else "at most"
        return [
            self.name,
            f"{side} {self.form.format(self.bound)}",
            self.form.format(self.found),
            "met" if self.met else "**missed**",
        ]


def goals(results: Results) -> str:
    """The section."""
    rows = [goal.row() for goal in judged(results)]
    return f"## Goals\n\n{table(('', 'goal', 'found', ''), rows)}" if rows else ""


def judged(results: Results) -> Iterator[Goal]:
    """Those that the results can tell of."""
    yield from _drain(results)
    yield from _latency(results)
    if producers := highest(results, "ours"):
        found = median(map(per_core, producers))
        yield Goal("trades a processor second of the producer", found, 20_000, "{:,.0f}", at_least=True)
    if idle := at(results, "ours", IDLE_RATE):
        yield Goal("cores that the idle pipeline keeps busy", median(map(cores, idle)), 0.25, "{:.2f}", at_least=False)
    if grown := growth_of_cost(results):
        cost, times = grown
        name = f"cost of a trade with {times:.0f} times the symbols"
        yield Goal(name, cost, times, "{:.1f} times", at_least=False)


def _drain(results: Results) -> Iterator[Goal]:
    ours, naive = of(results, "ours"), of(results, "naive")
    if ours and naive:
        for name, measure in (("start-up excluded", excluded), ("behind a running job", resumed)):
            found = ratios(list(map(measure, ours)), list(map(measure, naive))).median
            yield Goal(f"backlog, {name}: of the naive pipeline's rate", found, 2.5, "{:.2f} times", at_least=True)
    if ours and results.limits:
        parse = median(each.spark_parse for each in results.limits)
        for name, measure in (("start-up excluded", excluded), ("behind a running job", resumed)):
            found = median(map(measure, ours)) / parse
            yield Goal(f"backlog, {name}: of the rate of reading and parsing", found, 0.6, "{:.1%}", at_least=True)


def _latency(results: Results) -> Iterator[Goal]:
    ours, naive = at(results, "ours", 2_000), at(results, "naive", 2_000)
    if ours and naive:
        found = ratios([run.row.p99 for run in ours], [run.row.p99 for run in naive]).median
        name = "latency to the row at 2,000 trades/s, p99: share of the naive one's"
        yield Goal(name, found, 0.1, "{:.3f}", at_least=False)
    for rate, bound in ((2_000, 0.8), (5_000, 1.5)):
        if runs := at(results, "ours", rate):
            found = median(run.row.p99 for run in runs)
            yield Goal(f"latency to the row at {rate:,} trades/s, p99", found, bound, "{:.2f} s", at_least=False)
