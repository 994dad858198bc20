"""What the page says about the machine's limits."""

from collections.abc import Sequence

from bench.report.draining import excluded, of, resumed
from bench.report.figures import Figure
from bench.report.producing import highest
from bench.report.table import table
from bench.results import Results

_TEXT = """
The parts of the way by themselves, measured in the same run: what cannot be had faster without another part. Spark's
are those of `local[2]`, the fastest of four rounds; the others are those of one thread of Python.
"""


def limiting(results: Results) -> str:
    """The section."""
    limits = results.limits
    if not limits:
        return ""
    drains, producers = of(results, "ours"), highest(results, "ours")
    running, starting = [resumed(run) for run in drains], [excluded(run) for run in drains]
    produced = [run.committed for run in producers]
    read, parse = [each.spark_read for each in limits], [each.spark_parse for each in limits]
    rows = [
        _row("Spark reads the topic", read, "backlog, behind a running job", running),
        _row("Spark reads and parses it", parse, "backlog, behind a running job", running),
        _row("Spark reads and parses it", parse, "backlog, start-up excluded", starting),
        _row("librdkafka into Python", [each.consume for each in limits], "", []),
        _row("librdkafka from Python, in transactions", [each.produce for each in limits], "producer", produced),
        _row("the WebSocket library", [each.websocket for each in limits], "producer", produced),
        _row("the loopback socket", [each.socket for each in limits], "producer", produced),
    ]
    head = ("limit", "records/s", "result", "share of the limit")
    return f"## The limits\n{_TEXT}\n{table(head, rows)}"


def _row(limit: str, rates: Sequence[float], result: str, reached: Sequence[float]) -> list[str]:
    most = Figure.of(rates)
    if not reached:
        return [limit, most.text(), "", ""]
    return [limit, most.text(), result, f"{Figure.of(reached).median / most.median:.0%}"]
