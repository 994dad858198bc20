"""What the page says about a live market: latency, what it takes, what is stored, and recovery."""

from collections.abc import Callable, Sequence

from bench.plan import IDLE_RATE
from bench.report.figures import Figure, ratios
from bench.report.style import IMAGES, NAMES
from bench.report.table import table
from bench.results import Latency, Pipeline, Quantiles, Results

_TEXT = """
From the time of a trade at the exchange to the commit of the first batch that covers it (*row*), and until the record
of an alert that such a batch caused can be read from Kafka (*alert*; its detectors are set to tell of anything, and the
naive pipeline has none). Every trade of {seconds:.0f} s counts, after a warm-up. The simulated exchange keeps its own
time: a slow pipeline does not slow it down. Simulator, broker, database, producer and job share the machine.
"""
_TAKEN = """
### What it takes

Processor time of each part as a share of one core, meanwhile; `idle` is {idle} trade a second.
"""
_STORED = """
### What is stored

Per million trades: rows that are inserted, updated or deleted, the server's write-ahead log, and the growth of tables
with their indexes. The lower the rate, the fewer trades share a batch, and each batch writes the rows that it changes.
"""
_RECOVERY = """
### Recovery

The job is killed, left dead for {outage:.0f} s and started again, at {rate:,} trades/s. The time runs from its start
until all that had been traded by then is in the database.
"""
_PARTS = ("producer", "job", "broker", "database")
_MILLION = 1_000_000
_MIB = 2**20


def delaying(results: Results) -> str:
    """The section."""
    if not results.latencies:
        return ""
    rates = sorted({run.rate for run in results.latencies})
    busy = [rate for rate in rates if rate != IDLE_RATE]
    head = ("trades/s", "", "p50, ms", "p99, ms", "largest, ms")
    parts = [
        "## Latency",
        _TEXT.format(seconds=results.latencies[0].usage.seconds),
        table(head, [row for rate in busy for row in _rows(results, rate)]),
        f"![Latency of both by rate]({IMAGES}/latency.png)",
        _TAKEN.format(idle=IDLE_RATE),
        table(
            ("trades/s", "", *_PARTS, "all", "other processes, cores", "processor seconds per million trades"),
            [row for rate in rates for row in _both(results, rate, _taken)],
        ),
        _STORED,
        table(
            ("trades/s", "", "rows", "log, MiB", "tables, MiB"),
            [row for rate in busy for row in _both(results, rate, _stored)],
        ),
        *_recovery(results),
    ]
    return "\n\n".join(part.strip() for part in parts)


def at(results: Results, pipeline: Pipeline, rate: int) -> list[Latency]:
    """A pipeline's runs at a rate in order of repetition."""
    found = [run for run in results.latencies if (run.pipeline, run.rate) == (pipeline, rate)]
    return sorted(found, key=lambda run: run.repeat)


def cores(run: Latency) -> float:
    """Cores that all parts of the pipeline keep busy; the simulated exchange is none of them."""
    return sum(run.usage.processor_seconds[part] for part in _PARTS) / run.usage.seconds


def _rows(results: Results, rate: int) -> list[list[str]]:
    ours, naive = at(results, "ours", rate), at(results, "naive", rate)
    mine, theirs = [run.row for run in ours], [run.row for run in naive]
    alerts = [run.alert for run in ours if run.alert is not None]
    rows = [_row(rate, "row", mine)]
    if naive:
        shares = [
            ratios([getattr(each, name) for each in mine], [getattr(each, name) for each in theirs])
            for name in ("p50", "p99", "largest")
        ]
        rows.append(_row(rate, "row, naive", theirs))
        rows.append([f"{rate:,}", "row, share of the naive one's", *(share.text(3) for share in shares)])
    return [*rows, _row(rate, "alert", alerts)] if alerts else rows


def _row(rate: int, name: str, found: Sequence[Quantiles]) -> list[str]:
    columns = ([each.p50 for each in found], [each.p99 for each in found], [each.largest for each in found])
    return [f"{rate:,}", name, *(Figure.of(value * 1000 for value in column).text() for column in columns)]


def _both(results: Results, rate: int, row: Callable[[Sequence[Latency]], list[str]]) -> list[list[str]]:
    named = "idle" if rate == IDLE_RATE else f"{rate:,}"
    rows = []
    for pipeline, name in NAMES.items():
        if runs := at(results, pipeline, rate):
            rows.append([named, name, *row(runs)])
    return rows


def _taken(runs: Sequence[Latency]) -> list[str]:
    shares = [Figure.of(run.usage.processor_seconds[part] / run.usage.seconds for run in runs) for part in _PARTS]
    per_million = Figure.of(cores(run) / run.rate * _MILLION for run in runs).text()
    return [
        *(f"{share.median:.0%}" for share in shares),
        f"{Figure.of(map(cores, runs)).median:.0%}",
        Figure.of(run.usage.foreign_cores for run in runs).text(1),
        "" if runs[0].rate == IDLE_RATE else per_million,
    ]


def _stored(runs: Sequence[Latency]) -> list[str]:
    def per_million(measure: Callable[[Latency], float]) -> Figure:
        return Figure.of(measure(run) / (run.rate * run.usage.seconds) * _MILLION for run in runs)

    return [
        per_million(lambda run: run.stored.rows).text(),
        per_million(lambda run: run.stored.log_bytes / _MIB).text(1),
        per_million(lambda run: run.stored.table_bytes / _MIB).text(1),
    ]


def _recovery(results: Results) -> list[str]:
    if not results.recoveries:
        return []
    in_order = sorted(results.recoveries, key=lambda run: run.repeat)
    ours, naive = ([run.seconds for run in in_order if run.pipeline == pipeline] for pipeline in NAMES)
    row = ["seconds", Figure.of(ours).text(1), Figure.of(naive).text(1), ratios(ours, naive).text(2)]
    first = results.recoveries[0]
    return [
        _RECOVERY.format(outage=first.outage, rate=first.rate),
        table(("", "CryptoStream", "naive", "ratio"), [row]),
    ]
