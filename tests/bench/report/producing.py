"""What the page says about the producers."""

from collections.abc import Sequence

from bench.report.figures import Figure, ratios
from bench.report.table import table
from bench.results import Pipeline, Produced, Results

_TEXT = """
From the exchange's socket to committed in Kafka. The rate rises by a quarter until a producer commits less than 97 % of
what the exchange sends meanwhile; the highest rate before that counts. Ours orders by id, heals gaps over REST and
writes each trade exactly once, in transactions of 50 ms; its topic equals the exchange's tape afterwards, trade by
trade. The naive one does none of that.
"""


def producing(results: Results) -> str:
    """The section."""
    if not results.producers:
        return ""
    ours, naive = highest(results, "ours"), highest(results, "naive")
    rows = [
        _row("highest rate kept up, trades/s", [run.committed for run in ours], [run.committed for run in naive]),
        _row("trades a processor second of the producer", [per_core(r) for r in ours], [per_core(r) for r in naive]),
        _row("peak memory of the producer, MiB", [_memory(run) for run in ours], [_memory(run) for run in naive]),
    ]
    return f"## The producer\n{_TEXT}\n{table(('', 'CryptoStream', 'naive', 'ratio'), rows)}"


def highest(results: Results, pipeline: Pipeline) -> list[Produced]:
    """Of each repetition the run at the highest rate that was kept up, or at the lowest one where none was."""
    runs = [run for run in results.producers if run.pipeline == pipeline]
    found = []
    for repeat in sorted({run.repeat for run in runs}):
        mine = sorted((run for run in runs if run.repeat == repeat), key=lambda run: run.rate)
        found.append(next((run for run in reversed(mine) if run.kept_up), mine[0]))
    return found


def per_core(run: Produced) -> float:
    """Trades for each second of processor time that the producer takes."""
    return run.committed * run.usage.seconds / run.usage.processor_seconds["producer"]


def _memory(run: Produced) -> float:
    return run.usage.peak_bytes["producer"] / 2**20


def _row(name: str, ours: Sequence[float], naive: Sequence[float]) -> list[str]:
    return [name, Figure.of(ours).text(), Figure.of(naive).text(), ratios(ours, naive).text(2)]
