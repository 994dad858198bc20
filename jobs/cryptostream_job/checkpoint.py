"""Spark's checkpoint as a cache: which folder is valid, and where a fresh one starts reading.

The folder of generation N is ``<checkpoint>/g<N>-s<STATE_LAYOUT>``. A generation ends when the database knows less than
the checkpoint (it was restored from a backup) or when a rebuild asks for it; the next one starts at the oldest pane
that is not closed in the database.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from cryptostream_job.model import Geometry
from cryptostream_job.state import SymbolState
from cryptostream_model.streams import StreamName

STATE_LAYOUT = 3
"""Version of the keys and columns that Spark keeps in its state. A new one begins with a fresh checkpoint."""
_DESCRIPTION = "cryptostream.json"
_EARLIEST = -2
"""Spark's name for a partition's beginning."""


class CheckpointError(ValueError):
    """A checkpoint that was made for something else; the text says what to set."""


class DatabaseBehindError(RuntimeError):
    """The database has lost batches that this driver has committed: it was restored, or a replica took over."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A generation's folder and the identity under which its batch ids count."""

    folder: Path
    id: str


@dataclass(frozen=True, slots=True)
class _Description:
    id: str
    stream: str
    pane: int
    allowed_lateness: int
    shuffle_partitions: int


def open_checkpoint(
    root: Path, generation: int, stream: StreamName, geometry: Geometry, shuffle_partitions: int
) -> Checkpoint:
    """The generation's checkpoint, made when it is not there. Raises CheckpointError when it is of other settings."""
    folder = root / f"g{generation}-s{STATE_LAYOUT}"
    wanted = _Description(uuid.uuid4().hex, str(stream), geometry.pane, geometry.allowed_lateness, shuffle_partitions)
    description = folder / _DESCRIPTION
    if not description.exists():
        if (folder / "offsets").exists():
            raise CheckpointError(
                f"{folder} holds a checkpoint of something else: set CRYPTOSTREAM_CHECKPOINT to another folder"
            )
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{_DESCRIPTION}"
        partial.write_bytes(orjson.dumps(asdict(wanted)))
        partial.replace(description)
    found = _Description(**orjson.loads(description.read_bytes()))
    for name in ("stream", "pane", "allowed_lateness", "shuffle_partitions"):
        if getattr(found, name) != getattr(wanted, name):
            raise CheckpointError(
                f"the checkpoint in {folder} was made with {name} = {getattr(found, name)}, the settings say "
                f"{getattr(wanted, name)}: set it back, or set CRYPTOSTREAM_CHECKPOINT to a new folder"
            )
    return Checkpoint(folder, found.id)


def last_committed_batch(checkpoint: Checkpoint) -> int | None:
    """The highest batch id that Spark has committed in this checkpoint, None when there is none."""
    commits = checkpoint.folder / "commits"
    if not commits.is_dir():
        return None
    return max((int(entry.name) for entry in commits.iterdir() if entry.name.isdigit()), default=None)


def is_ahead_of_database(spark_batch: int | None, ledger_batch: int | None) -> bool:
    """Whether Spark has committed a batch that the database does not know: its rows would be missing for ever."""
    return spark_batch is not None and (ledger_batch is None or ledger_batch < spark_batch)


def starting_times(states: Iterable[SymbolState]) -> dict[int, int]:
    """Where a fresh checkpoint reads from: partition -> milliseconds, for partitions of known symbols.

    Per partition the end of the oldest closed pane among its symbols; any other partition is read from its beginning.
    A symbol that the database does not know yet has its first record behind what was processed, because a batch is a
    prefix of its partition.
    """
    oldest: dict[int, int] = {}
    for state in states:
        oldest[state.partition] = min(
            oldest.get(state.partition, state.panes_closed_through), state.panes_closed_through
        )
    return {partition: max(0, time // 1000) for partition, time in oldest.items()}


def starting_offsets(topic: str, partitions: int, found: Mapping[int, int]) -> str:
    """Spark's JSON of topic -> partition -> offset, from the first offset at or after each partition's starting time.

    A partition without one is read from its beginning, which repeats closed panes at worst. Spark's own search by time
    would go on at the end as it is a moment later, and miss what was committed in between.
    """
    offsets = {str(partition): found.get(partition, -1) for partition in range(partitions)}
    return orjson.dumps(
        {topic: {partition: offset if offset >= 0 else _EARLIEST for partition, offset in offsets.items()}}
    ).decode()
