"""What the page says about latency."""

from collections.abc import Sequence

from bench.report.figures import Figure, ratios
from bench.report.table import table
from bench.results import Latency, Pipeline, Quantiles, Results

_TEXT = """
From the time of a trade at the exchange to the commit of the first batch that covers it (*row*), and until the record
of an alert that such a batch caused can be read from Kafka (*alert*; its detectors are set to tell of anything, and the
naive pipeline has none). Every trade of {seconds:.0f} s counts, after a warm-up. The simulated exchange keeps its own
time: a slow pipeline does not slow it down. Simulator, broker, database, producer and job share the machine.
"""


def delaying(results: Results) -> str:
    """The section."""
    if not results.latencies:
        return ""
    rates = sorted({run.rate for run in results.latencies})
    head = ("trades/s", "", "p50, ms", "p99, ms", "largest, ms")
    rows = [row for rate in rates for row in _rows(results, rate)]
    text = _TEXT.format(seconds=results.latencies[0].usage.seconds)
    shown = table(head, rows)
    further = table(
        ("trades/s", "processor, cores: producer", "job", "naive producer", "naive job"),
        [_cores(results, rate) for rate in rates],
    )
    return f"## Latency\n{text}\n{shown}\n\nWhat it takes meanwhile:\n\n{further}"


def at(results: Results, pipeline: Pipeline, rate: int) -> list[Latency]:
    """A pipeline's runs at a rate in order of repetition."""
    found = [run for run in results.latencies if (run.pipeline, run.rate) == (pipeline, rate)]
    return sorted(found, key=lambda run: run.repeat)


def _rows(results: Results, rate: int) -> list[list[str]]:
    ours, naive = at(results, "ours", rate), at(results, "naive", rate)
    mine, theirs = [run.row for run in ours], [run.row for run in naive]
    alerts = [run.alert for run in ours if run.alert is not None]
    rows = [_row(rate, "row", mine), _row(rate, "row, naive", theirs)]
    shares = [
        ratios([getattr(each, name) for each in mine], [getattr(each, name) for each in theirs])
        for name in ("p50", "p99", "largest")
    ]
    rows.append([f"{rate:,}", "row, share of the naive one's", *(share.text(3) for share in shares)])
    return [*rows, _row(rate, "alert", alerts)] if alerts else rows


def _row(rate: int, name: str, found: Sequence[Quantiles]) -> list[str]:
    columns = ([each.p50 for each in found], [each.p99 for each in found], [each.largest for each in found])
    return [f"{rate:,}", name, *(Figure.of(value * 1000 for value in column).text() for column in columns)]


def _cores(results: Results, rate: int) -> list[str]:
    shown = [f"{rate:,}"]
    for pipeline in ("ours", "naive"):
        for part in ("producer", "job"):
            usages = [run.usage for run in at(results, pipeline, rate)]
            shown.append(Figure.of(usage.processor_seconds[part] / usage.seconds for usage in usages).text(2))
    return shown
