"""The folder of a run on one machine: what lies where, who uses it, and the record that describes the run."""

import fcntl
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import orjson

from cryptostream_model.streams import StreamName

RECORD = "run.json"
_FORMAT = 1


class RunFolderError(ValueError):
    """A folder that cannot be used as a run's; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a folder holds.

    ``started``: UTC, ISO 8601. ``settings``: those by which the run was computed, by field name, without secrets.
    ``addresses``: where the parts answer while the run goes on.
    """

    stream: str
    source: str
    exchange: str
    symbols: tuple[str, ...]
    partitions: int
    started: str
    settings: dict[str, Any] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> StreamName:
        return StreamName.parse(self.stream)


class RunFolder:
    """Paths of one run, and the lock that says that it goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    @property
    def database(self) -> Path:
        return self.path / "database"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint"

    @property
    def tape(self) -> Path:
        """The simulated exchange's own record of what was traded, one file a symbol."""
        return self.path / "tape"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def take(self) -> bool:
        """Lock the folder for this process, making it where it is missing; False when another run uses it."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = (self.path / "lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self._lock = handle
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def is_taken(self) -> bool:
        """Whether a run uses it now."""
        if not (self.path / "lock").exists():
            return False
        with (self.path / "lock").open("r") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def write(self, record: RunRecord) -> None:
        """Replace the record as a whole: a reader never sees a part of it."""
        partial = self.path / f".{RECORD}.{os.getpid()}"
        partial.write_bytes(orjson.dumps({"format": _FORMAT, **asdict(record)}, option=orjson.OPT_INDENT_2))
        partial.replace(self.path / RECORD)

    def read(self) -> RunRecord | None:
        """The record, None where there is none. Raises RunFolderError for one that this code cannot read."""
        try:
            fields: dict[str, Any] = orjson.loads((self.path / RECORD).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError) as error:
            raise RunFolderError(f"{self.path / RECORD}: {error}") from None
        if fields.pop("format", None) != _FORMAT:
            raise RunFolderError(f"{self.path / RECORD} was written by another version of cryptostream")
        try:
            return replace(RunRecord(**fields), symbols=tuple(fields["symbols"]))
        except (TypeError, KeyError) as error:
            raise RunFolderError(f"{self.path / RECORD} is not a run's record: {error}") from None
