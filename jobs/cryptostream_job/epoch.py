"""The writer's epoch: each start of a driver raises it, and a transaction of an older epoch aborts."""

from dataclasses import dataclass
from datetime import timedelta

from psycopg2.extensions import connection as Connection  # noqa: N812

from cryptostream_job.model import Geometry
from cryptostream_model.streams import StreamName


class SupersededError(RuntimeError):
    """Another driver has taken the stream over: this one must stop and must not be restarted by itself."""


class GeometryChangedError(ValueError):
    """Pane, slide, window or lateness differ from those of the stored windows."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """One driver's right to write: its epoch, and the generation of checkpoints that is valid."""

    epoch: int
    checkpoint_generation: int


def take_over(connection: Connection, stream: StreamName, geometry: Geometry) -> Tenure:
    """Raise the stream's epoch. Raises GeometryChangedError when windows of another geometry are stored."""
    wanted = tuple(
        timedelta(microseconds=length)
        for length in (geometry.pane, geometry.slide, geometry.window, geometry.allowed_lateness)
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO crypto_writers (stream, epoch, pane, slide, "window", allowed_lateness)
            VALUES (%s, 1, %s, %s, %s, %s)
            ON CONFLICT (stream) DO UPDATE SET epoch = crypto_writers.epoch + 1, started_at = now()
            RETURNING epoch, checkpoint_generation, pane, slide, "window", allowed_lateness
            """,
            (str(stream), *wanted),
        )
        row = cursor.fetchone()
        if row is None:
            raise RuntimeError("the database returned no epoch")
        epoch, generation, *stored = row
        if tuple(stored) != wanted:
            raise GeometryChangedError(_difference(stream, stored, wanted))
    return Tenure(epoch, generation)


def check_epoch(connection: Connection, stream: StreamName, epoch: int) -> None:
    """Hold the stream's writer row until the transaction ends. Raises SupersededError when the epoch is not ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM crypto_writers WHERE stream = %s FOR UPDATE", (str(stream),))
        row = cursor.fetchone()
    current = row[0] if row else None
    if current != epoch:
        raise SupersededError(
            f"stream {stream} is written by epoch {current}, this driver holds epoch {epoch}: it stops writing"
        )


def raise_generation(connection: Connection, stream: StreamName) -> int:
    """Declare the stream's checkpoints so far void; returns the new generation. Runs in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crypto_writers SET checkpoint_generation = checkpoint_generation + 1 "
            "WHERE stream = %s RETURNING checkpoint_generation",
            (str(stream),),
        )
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"stream {stream} is not in the database")
    return int(row[0])


def _difference(stream: StreamName, stored: list[timedelta], wanted: tuple[timedelta, ...]) -> str:
    names = ("CRYPTOSTREAM_PANE", "CRYPTOSTREAM_SLIDE", "CRYPTOSTREAM_WINDOW", "CRYPTOSTREAM_ALLOWED_LATENESS")
    changes = ", ".join(
        f"{name} is {new.total_seconds():g}s, stored windows have {old.total_seconds():g}s"
        for name, old, new in zip(names, stored, wanted, strict=True)
        if old != new
    )
    return (
        f"stream {stream}: {changes}. Windows of two geometries cannot follow each other: set it back, or run "
        "`cryptostream rebuild --from TIME` with the new settings, or choose another CRYPTOSTREAM_NAME"
    )
