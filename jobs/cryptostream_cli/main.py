"""``cryptostream``: one command with a subcommand a part. Each loads only what it runs, so images can stay small."""

import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cryptostream_model.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # Pretty tracebacks print local variables, and with them passwords.
    pretty_exceptions_enable=False,
    help="Real-time crypto market anomalies. Every part reads its settings from CRYPTOSTREAM_* variables.",
)

CONFIGURATION = 2
_PARTS = {
    "backtest": ("cryptostream_backtest.command", "backtest"),
    "explain": ("cryptostream_backtest.command", "explain"),
    "local": ("cryptostream_demo.command", "local"),
    "watch": ("cryptostream_view.command", "watch"),
    "plot": ("cryptostream_plot.command", "plot"),
    "record": ("cryptostream_recorder.command", "record"),
    "replay": ("cryptostream_recorder.command", "replay"),
    "simulate": ("cryptostream_simulator.command", "simulate"),
    "score": ("cryptostream_score.command", "score"),
    "verify": ("cryptostream_verify.command", "verify"),
}
_LIGHT_COMMANDS = ("produce", "job", "migrate", "logins", "topics", "rebuild", "purge", "settings")

T = TypeVar("T")


@app.command()
def produce() -> None:
    """Write an exchange's trades to Kafka, each exactly once and in order."""
    from cryptostream_producer.main import produce as run  # noqa: PLC0415

    raise typer.Exit(run())


@app.command()
def job() -> None:
    """Run the Spark job: panes, windows, alerts into the database."""
    from cryptostream_job.__main__ import main  # noqa: PLC0415

    raise typer.Exit(main())


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date. Connects as the owner role; run again it changes nothing."""
    from cryptostream_sql.connection import DatabaseError  # noqa: PLC0415
    from cryptostream_sql.migrate import migrate_with  # noqa: PLC0415
    from cryptostream_sql.settings import DatabaseSettings  # noqa: PLC0415

    applied = _configured(lambda: migrate_with(DatabaseSettings.load()), DatabaseError)
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@app.command()
def logins() -> None:
    """Make the logins of the job and of dashboards, with their passwords and rights. Connects as the owner role."""
    from cryptostream_sql.connection import DatabaseError  # noqa: PLC0415
    from cryptostream_sql.logins import make_logins_with  # noqa: PLC0415
    from cryptostream_sql.settings import LoginSettings  # noqa: PLC0415

    made = _configured(lambda: make_logins_with(LoginSettings.load()), DatabaseError)
    typer.echo(f"logins that have their password and role: {', '.join(made)}")


@app.command()
def topics(
    partitions: Annotated[int, typer.Option(min=1, help="of trades and positions; cannot change later")] = 1,
    replicas: Annotated[int | None, typer.Option(min=1, help="the cluster's default if left out")] = None,
    retention: Annotated[str, typer.Option(help="of trades: 7d, 12h; 'all' keeps everything")] = "7d",
    remarks: Annotated[Path | None, typer.Option(help="file for what could not be brought about, too")] = None,
) -> None:
    """Create the stream's topics. Those that exist get the retention; what cannot be changed is said."""
    from confluent_kafka import KafkaException  # noqa: PLC0415

    from cryptostream_local.topics import CLUSTER_DEFAULT, create_topics, update_topics  # noqa: PLC0415
    from cryptostream_model.settings import KafkaSettings, microseconds, parse_duration  # noqa: PLC0415
    from cryptostream_model.topics import topic_settings  # noqa: PLC0415

    def create() -> list[str]:
        settings = KafkaSettings.load()
        kept = -1 if retention == "all" else microseconds(parse_duration(retention)) // 1000
        count, connection = replicas or CLUSTER_DEFAULT, settings.librdkafka()
        made = create_topics(connection, settings.stream, partitions, count, kept)
        there = {f"{settings.stream.namespace}.{settings.stream.name}.{suffix}" for suffix in topic_settings()}
        said = update_topics(connection, sorted(there - made), count, kept)
        if remarks is not None:
            remarks.write_text("\n".join(said))
        return [f"the topics of {settings.stream} are there", *said]

    typer.echo("\n".join(_configured(create, KafkaException, ValueError, OSError)))


@app.command()
def rebuild(
    start: Annotated[
        str, typer.Option("--from", help="first time to compute again: 2026-11-23T10:00:00Z, or 'beginning'")
    ],
) -> None:
    """Compute panes, windows and alerts again from a time on.

    Stops a running job's writing at once; the next start of the job reads the topic from that time with a fresh
    checkpoint. New lengths of pane, slide, window and lateness are taken over here.
    """
    from datetime import timedelta  # noqa: PLC0415

    from cryptostream_job.detectors.registry import build_detectors  # noqa: PLC0415
    from cryptostream_job.rebuild import rebuild as prepare  # noqa: PLC0415
    from cryptostream_job.settings import GeometrySettings  # noqa: PLC0415
    from cryptostream_job.times import to_microseconds  # noqa: PLC0415
    from cryptostream_sql.connection import DatabaseError, connect  # noqa: PLC0415

    def run() -> str:
        settings = GeometrySettings.load()
        connection = connect(settings.database_url.get_secret_value(), patience=timedelta(seconds=5))
        try:
            detectors = build_detectors(settings.detectors, settings.geometry, settings.stream)
            moment = 0 if start == "beginning" else to_microseconds(_moment(start))
            summary = prepare(connection, settings.stream, settings.geometry, detectors, moment)
        finally:
            connection.close()
        return (
            f"{settings.stream}: {summary.symbols} symbols will be computed again from {start}; "
            f"deleted {summary.panes} panes, {summary.windows} windows and {summary.gaps} gaps, "
            f"withdrew {summary.alerts} alerts. Restart the job now."
        )

    typer.echo(_configured(run, DatabaseError, LookupError, ValueError))


@app.command()
def purge(
    yes: Annotated[bool, typer.Option("--yes", help="really delete")] = False,
) -> None:
    """Delete everything that the database holds of the stream. Its job must have ended; its topics stay."""
    from cryptostream_sql.connection import DatabaseError, connect  # noqa: PLC0415
    from cryptostream_sql.purge import purge as delete  # noqa: PLC0415
    from cryptostream_sql.settings import DatabaseSettings  # noqa: PLC0415

    def run() -> str:
        settings = DatabaseSettings.load()
        if not yes:
            raise ValueError(f"this deletes all rows of {settings.stream}: say --yes")
        connection = connect(settings.database_url.get_secret_value(), patience=settings.database_patience)
        try:
            return f"{settings.stream}: deleted {delete(connection, settings.stream)} rows"
        finally:
            connection.close()

    typer.echo(_configured(run, DatabaseError, ValueError))


@app.command()
def settings() -> None:
    """Print the reference of all settings as Markdown."""
    from pydantic_settings import BaseSettings  # noqa: PLC0415

    from cryptostream_cli.settings_reference import settings_reference  # noqa: PLC0415
    from cryptostream_job.settings import JobSettings  # noqa: PLC0415
    from cryptostream_operator.settings import OperatorSettings  # noqa: PLC0415
    from cryptostream_producer.settings import ProducerSettings  # noqa: PLC0415
    from cryptostream_simulator.settings import SimulatorSettings  # noqa: PLC0415
    from cryptostream_sql.settings import DatabaseSettings, LoginSettings  # noqa: PLC0415

    parts: dict[str, type[BaseSettings]] = {
        "Producer": ProducerSettings,
        "Job (and rebuild, verify)": JobSettings,
        "Database (migrate)": DatabaseSettings,
        "Database (logins)": LoginSettings,
        "Exchange simulator": SimulatorSettings,
        "Operator": OperatorSettings,
    }
    typer.echo(settings_reference(parts), nl=False)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--from {text!r} is not a time: write 2026-11-23T10:00:00Z or beginning") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _configured(action: Callable[[], T], *errors: type[Exception]) -> T:
    """Run an action; a wrong setting or one of ``errors`` ends the command with its text and exit code 2."""
    expected: tuple[type[Exception], ...] = (SettingsError, *errors)
    try:
        return action()
    except expected as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CONFIGURATION) from None


def _add_parts() -> None:
    """Add the commands of other packages: only the one that is called, for speed; all where the help lists them."""
    called = sys.argv[1] if len(sys.argv) > 1 else None
    for name, (module, function) in _PARTS.items():
        if called == name or called not in {*_PARTS, *_LIGHT_COMMANDS}:
            _add_part(name, module, function)


def _add_part(name: str, module: str, function: str) -> None:
    """Add a command if its package, which an image may lack, and the package's dependencies are installed."""
    import importlib  # noqa: PLC0415

    own = module.partition(".")[0]
    try:
        command = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("cryptostream_") and missing.name != own:
            raise
        return
    app.command(name)(command)


# A Ctrl-C while packages are loaded ends the process without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)
_add_parts()
signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(app())
