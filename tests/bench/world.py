"""The broker and the database server of a run, and what each measurement gets of them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from cryptostream_job.settings import JobSettings
from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_model.streams import StreamName
from harness.sql import run

GEOMETRY = {"pane": "10s", "slide": "30s", "window": "2m", "allowed_lateness": "5s"}
"""The defaults, where tests have shorter ones."""
_JOB = JobSettings.model_fields
AS_USERS_RUN_IT = {
    **GEOMETRY,
    "spark_java_options": _JOB["spark_java_options"].default,
    "driver_memory": _JOB["driver_memory"].default,
}
"""Settings of the job where tests have others, to save time."""


@dataclass
class World:
    """One broker and one database server; every measurement has a stream, a database and a folder of its own."""

    folder: Path
    broker: Broker
    database: Database
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def fresh(self, purpose: str) -> "Place":
        name = f"{purpose}{next(self._numbers)}"
        for database in (name, f"naive_{name}"):
            run(self.database.url(), f'CREATE DATABASE "{database}"')
        folder = self.folder / name
        folder.mkdir()
        return Place(self, StreamName("bench", name), folder)

    @property
    def pids(self) -> dict[str, int]:
        return {"broker": self.broker.pid, "database": self.database.pid}


@dataclass(frozen=True)
class Place:
    """Where one measurement happens."""

    world: World
    stream: StreamName
    folder: Path

    @property
    def bootstrap(self) -> str:
        return self.world.broker.bootstrap

    @property
    def url(self) -> str:
        return self.world.database.url(self.stream.name)

    @property
    def naive_url(self) -> str:
        return self.world.database.url(f"naive_{self.stream.name}")

    @property
    def naive_topic(self) -> str:
        return f"naive-{self.stream.name}"


@contextmanager
def open_world() -> Iterator[World]:
    """Starts both, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="cryptostream-bench-"))
    # PostgreSQL does not run as root: another user must be able to enter.
    folder.chmod(0o755)
    broker, database = Broker(folder / "broker", heap="1g"), Database(folder / "database")
    try:
        broker.start()
        database.start()
        yield World(folder, broker, database)
    finally:
        broker.kill()
        database.kill()
        shutil.rmtree(folder, ignore_errors=True)
