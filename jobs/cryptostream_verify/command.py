"""The command `cryptostream verify`."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from cryptostream_local.kept_run import open_run
from cryptostream_local.run_folder import RunFolderError
from cryptostream_model.settings import SettingsError
from cryptostream_verify.errors import UnreachableError
from cryptostream_verify.options import VerifyOptions
from cryptostream_verify.report import render_json, render_text
from cryptostream_verify.settings import VerifySettings
from cryptostream_verify.verification import run_verification


def verify(
    directory: Annotated[
        Path | None, typer.Argument(help="folder of a run that `cryptostream local --keep` has kept")
    ] = None,
    tape: Annotated[
        str | None,
        typer.Option(help="what the topic must equal: base URL of the exchange simulator, or a folder with its tape"),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="seconds to wait until the database has all that the topic holds")
    ] = 0.0,
    allow_lag: Annotated[
        bool, typer.Option("--allow-lag", help="compare only up to what each symbol has reached in the database")
    ] = False,
    from_oldest_stored: Annotated[
        bool, typer.Option("--from-oldest-stored", help="do not miss what the database's retention has removed")
    ] = False,
    cap: Annotated[int, typer.Option("--max-differences", min=1, help="differences to list of each kind")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="report as JSON")] = False,
) -> None:
    """Prove a stream right: recompute it from the trades topic and compare with the database.

    Settings come from the job's CRYPTOSTREAM_* variables. Given the folder of a kept run, its Kafka and database are
    started for as long as it takes, and its topic must also equal the simulated exchange's tape. Exit status 0: all is
    as it must be. 1: it is not, and the report names every difference. 2: settings cannot be used, or Kafka, the topic,
    the database, the run or the tape is not there.
    """
    try:
        with ExitStack() as stack:
            if directory is None:
                settings = VerifySettings.load()
            else:
                run = stack.enter_context(open_run(directory))
                settings = VerifySettings.load(**run.settings())
                # What is still on its way from topic to database, or to the alerts topic, is no difference.
                allow_lag = allow_lag or run.goes_on
                tape = tape or run.tape
            findings = run_verification(settings, VerifyOptions(tape, wait, allow_lag, from_oldest_stored, cap))
    except (SettingsError, UnreachableError, RunFolderError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo((render_json if as_json else render_text)(settings.stream, findings))
    raise typer.Exit(0 if findings.passed else 1)
