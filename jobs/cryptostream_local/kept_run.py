"""Opening a run's folder afterwards: its broker and database are started for as long as they are needed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptostream_local.broker import Broker
from cryptostream_local.database import Database
from cryptostream_local.run_folder import RunFolder, RunFolderError, RunRecord


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that can be read: its record and where its parts answer. ``kafka_bootstrap`` None if it was not asked for.

    ``tape``: where a simulated exchange's own record is: a folder, or the exchange's address while the run goes on;
    None where there is none. ``goes_on``: it has not ended yet.
    """

    record: RunRecord
    database_url: str
    kafka_bootstrap: str | None
    tape: str | None
    goes_on: bool = False

    def settings(self) -> dict[str, Any]:
        """Settings for a part that reads this run, by field name."""
        kafka = {} if self.kafka_bootstrap is None else {"kafka_bootstrap": self.kafka_bootstrap}
        stream = self.record.name
        return {
            **self.record.settings,
            "namespace": stream.namespace,
            "name": stream.name,
            "database_url": self.database_url,
            **kafka,
        }


@contextmanager
def open_run(directory: Path, *, with_kafka: bool = True) -> Iterator[KeptRun]:
    """Open a kept run, or one that goes on, for reading. Raises RunFolderError when the folder holds none."""
    folder = RunFolder(directory)
    record = folder.read()
    if record is None:
        raise RunFolderError(f"{directory} holds no run: `cryptostream local --keep {directory}` makes one")
    if folder.is_taken():
        addresses = record.addresses
        if not {"kafka", "database"} <= addresses.keys():
            raise RunFolderError(f"the run in {directory} is still starting")
        kafka = addresses["kafka"] if with_kafka else None
        # Whoever reads now finds the exchange at work: its record is saved at the end.
        yield KeptRun(record, addresses["database"], kafka, addresses.get("exchange_rest"), goes_on=True)
        return
    if not (folder.kafka / "data").is_dir() or not (folder.database / "data").is_dir():
        raise RunFolderError(f"the run in {directory} kept no data: it was started without --keep")
    if not folder.take():
        raise RunFolderError(f"{directory} is in use")
    with ExitStack() as stack:
        stack.callback(folder.release)
        database = Database(folder.database)
        stack.callback(database.stop)
        database.start()
        bootstrap = None
        if with_kafka:
            broker = Broker(folder.kafka)
            stack.callback(broker.stop)
            broker.start()
            bootstrap = broker.bootstrap
        yield KeptRun(record, database.url(), bootstrap, str(folder.tape) if folder.tape.is_dir() else None)
