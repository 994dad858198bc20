"""The command `cryptostream score`."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_score.scorer import score_rows
from cryptostream_score.series import read_rows, write_scores

_STANDARD_INPUT = Path("-")


def score(
    series: Annotated[Path, typer.Argument(help="CSV with the columns timestamp,value; '-' reads standard input")],
    output: Annotated[Path | None, typer.Option(help="file to write; standard output by default")] = None,
) -> None:
    """Score a series: the same rows with anomaly_score in [0, 1], each by the rows before it alone.

    0.5 is about one row in ten thousand; rows of an event that was told already score 0. Exit status 2: the file
    cannot be read or is no such series.
    """
    try:
        with (
            nullcontext(sys.stdin)
            if series == _STANDARD_INPUT
            else series.open(newline="", encoding="utf-8-sig") as source,
            nullcontext(sys.stdout) if output is None else output.open("w", newline="", encoding="utf-8") as target,
        ):
            write_scores(target, score_rows(read_rows(source, str(series))))
    except (OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
