"""``python -m cryptostream_evaluation``: measure the detectors and write docs/detection-results.md."""

import time
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_evaluation.nab.corpus import LABELS, read_corpus
from cryptostream_evaluation.nab.run import sensitivity
from cryptostream_evaluation.plan import FULL, QUICK, Split, plans
from cryptostream_evaluation.publishing import publish
from cryptostream_evaluation.report import Results
from cryptostream_evaluation.run import evaluate
from cryptostream_job.detectors.settings import DetectorSettings

_FOLDER = Path("docs")


def main(
    output: Annotated[Path, typer.Option(help="folder of detection-results.md and its pictures")] = _FOLDER,
    nab: Annotated[
        Path, typer.Option(help="folder of the Numenta Anomaly Benchmark; left out where it is absent")
    ] = Path("../shared/data/nab"),
    workers: Annotated[int, typer.Option(min=1, help="processes, at low priority")] = 2,
    tuning: Annotated[
        bool, typer.Option("--tuning", help="seeds to choose settings by, not those of the report")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="two hours of one symbol: tries the way, measures nothing")
    ] = False,
    detectors: Annotated[str, typer.Option(help="settings of the detectors as JSON, see docs/detectors.md")] = "{}",
) -> None:
    """Measure the detectors on simulated markets and the series scorer on the benchmark; write the results."""
    started = time.monotonic()
    split: Split = "tuning" if tuning else "report"
    extent = QUICK if quick else FULL
    wanted = plans(split, extent)
    outcomes = []
    for outcome in evaluate(wanted, DetectorSettings.model_validate_json(detectors), workers):
        outcomes.append(outcome)
        typer.echo(f"\r{len(outcomes)} of {len(wanted)} tapes", nl=False, err=True)
    typer.echo(err=True)
    scored = list(sensitivity(read_corpus(nab))) if (nab / LABELS).exists() else None
    page = publish(Results(extent, split, outcomes, scored), output)
    typer.echo(f"{page} written after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    typer.run(main)
