"""docs/performance.md."""

from pathlib import Path

from bench.report.delaying import at, delaying
from bench.report.draining import draining
from bench.report.goals import goals
from bench.report.growing import growing
from bench.report.limiting import limiting
from bench.report.producing import producing
from bench.report.table import table
from bench.results import Results

_FINDINGS = Path(__file__).with_name("findings.md")
"""What was tried, in words."""
_HEAD = """
# Performance

Written by `make bench`; do not edit. It compares this pipeline with the naive one that many start with, side by side in
one run, on one machine, over the same data. All figures are in [performance.json](performance.json).
"""

_NAIVE = """
## The naive pipeline

`tests/bench/naive/`, with nothing tuned: the producer sends one JSON message for each trade (symbol, price, timestamp)
without key and with default acknowledgements; the Spark job reads the price as a float, has a watermark of 10 s,
windows of 2 minutes that slide by 30 s, one average per symbol, 200 shuffle partitions, update mode, and appends with
JDBC in `foreachBatch`. It loses trades when it reconnects, repeats rows after a crash and appends rows without end;
here it does neither crash nor reconnect. Both jobs run on the same PySpark in `local[2]`, on the same broker and
server.
"""

_HOW = """
Figures are medians of {repeats}, with the least and the largest where they differ; ratios are those of single
repetitions, of which again the median is told. Which pipeline goes first alternates. {verified} runs of ours were
checked with `cryptostream verify` afterwards, and none failed: the benchmark ends otherwise.
"""


def render(results: Results) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        *(section(results) for section in (goals, _machine)),
        _NAIVE,
        *(section(results) for section in (draining, delaying, producing, limiting, growing)),
        _FINDINGS.read_text(encoding="utf-8"),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _machine(results: Results) -> str:
    machine = results.machine
    rows = [
        ("processor", f"{machine.processor}, {machine.cores} cores"),
        ("memory", f"{machine.memory / 2**30:.0f} GiB"),
        ("system", f"{machine.system}; all parts at niceness {machine.niceness}"),
        *machine.versions.items(),
        ("other load", f"other processes kept {_foreign(results)} cores busy meanwhile"),
    ]
    how = _HOW.format(repeats=_repetitions(results), verified=results.verified).strip()
    when = f"Measured on {results.began[:10]}, in {results.seconds / 60:.0f} minutes (`{results.extent}` form)."
    return f"## The machine\n\n{when}\n\n{table(('', ''), rows)}\n\n{how}"


def _repetitions(results: Results) -> str:
    """How often things were measured."""
    by_rate = (at(results, "ours", rate) for rate in {run.rate for run in results.latencies})
    repeats = (
        [run.repeat for run in results.limits],
        [run.repeat for run in results.drains],
        *([run.repeat for run in runs] for runs in by_rate),
        [run.repeat for run in results.producers],
        [run.repeat for run in results.growth],
    )
    counts = [max(found) for found in repeats if found]
    fewest, most = min(counts, default=0), max(counts, default=0)
    if fewest < most:
        return f"{fewest} to {most} repetitions"
    return "one repetition" if most == 1 else f"{most} repetitions"


def _foreign(results: Results) -> str:
    usages = [
        *(usage for run in (*results.drains, *results.growth) for usage in (run.usage, run.resumed_usage)),
        *(run.usage for run in results.latencies),
        *(run.usage for run in results.producers),
    ]
    found = [usage.foreign_cores for usage in usages]
    return f"{min(found):.1f} to {max(found):.1f}" if found else "an unknown number of"
