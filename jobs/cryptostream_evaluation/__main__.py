"""``python -m cryptostream_evaluation``: measure the detectors and write docs/detection-results.md."""

import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cryptostream_evaluation.nab.corpus import LABELS, read_corpus
from cryptostream_evaluation.nab.run import sensitivity
from cryptostream_evaluation.plan import FULL, QUICK, Split, plans
from cryptostream_evaluation.publishing import publish
from cryptostream_evaluation.report import Results
from cryptostream_evaluation.run import evaluate
from cryptostream_job.detectors.settings import DetectorSettings

_PUBLISHED = Path("docs")
_TRIED = Path(".cache/evaluation")
"""Where results go that are not to be published."""


def main(
    output: Annotated[
        Path | None,
        typer.Option(help="folder of detection-results.md and its pictures; docs, or .cache/evaluation for other runs"),
    ] = None,
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
    detectors: Annotated[str, typer.Option(help="settings of the detectors as JSON, see docs/detectors")] = "{}",
) -> None:
    """Measure the detectors on simulated markets and the series scorer on the benchmark; write the results."""
    started = time.monotonic()
    try:
        settings = DetectorSettings.model_validate_json(detectors)
    except ValidationError as error:
        raise typer.BadParameter(f"{error}", param_hint="--detectors") from None
    split: Split = "tuning" if tuning else "report"
    extent = QUICK if quick else FULL
    wanted = plans(split, extent)
    outcomes = []
    for outcome in evaluate(wanted, settings, workers):
        outcomes.append(outcome)
        typer.echo(f"\r{len(outcomes)} of {len(wanted)} tapes", nl=False, err=True)
    typer.echo(err=True)
    scored = list(sensitivity(read_corpus(nab))) if (nab / LABELS).exists() else None
    published = not (quick or tuning or settings != DetectorSettings())
    page = publish(Results(extent, split, outcomes, scored), output or (_PUBLISHED if published else _TRIED))
    typer.echo(f"{page} written after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    typer.run(main)
