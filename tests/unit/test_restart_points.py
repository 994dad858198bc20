"""Where a fresh checkpoint begins to read, and when one is void."""

import json
from pathlib import Path

import pytest

from cryptostream_job.checkpoint import (
    CheckpointError,
    is_ahead_of_database,
    last_committed_batch,
    open_checkpoint,
    starting_offsets,
    starting_times,
)
from cryptostream_job.model import Geometry
from cryptostream_job.state import SymbolState
from cryptostream_model.streams import StreamName

STREAM = StreamName("test", "restart")
GEOMETRY = Geometry(pane=10, slide=10, window=20, allowed_lateness=0)


def closed_through(symbol: str, partition: int, microseconds: int) -> SymbolState:
    return SymbolState(symbol, "binance", partition, 0, microseconds, None, microseconds, 0)


def test_a_partition_is_read_from_the_oldest_open_pane_of_its_symbols_on() -> None:
    states = [closed_through("A", 0, 9_000_999), closed_through("B", 0, 5_000_999), closed_through("C", 2, 7_000_000)]
    assert starting_times(states) == {0: 5_000, 2: 7_000}


def test_a_partition_without_known_symbols_or_later_records_is_read_from_its_beginning() -> None:
    assert json.loads(starting_offsets("topic", 3, {0: 41, 2: -1})) == {"topic": {"0": 41, "1": -2, "2": -2}}


@pytest.mark.parametrize(
    ("spark", "ledger", "ahead"), [(None, None, False), (None, 4, False), (4, 4, False), (4, 5, False), (4, 3, True)]
)
def test_a_checkpoint_is_void_when_it_knows_batches_that_the_database_does_not(
    spark: int | None, ledger: int | None, ahead: bool
) -> None:
    assert is_ahead_of_database(spark, ledger) is ahead
    assert is_ahead_of_database(4, None)


def test_a_checkpoint_is_found_again_and_refused_for_other_settings(tmp_path: Path) -> None:
    made = open_checkpoint(tmp_path, 0, STREAM, GEOMETRY, 2)
    assert open_checkpoint(tmp_path, 0, STREAM, GEOMETRY, 2) == made
    assert open_checkpoint(tmp_path, 1, STREAM, GEOMETRY, 2).id != made.id
    with pytest.raises(CheckpointError, match="shuffle_partitions = 2, the settings say 3"):
        open_checkpoint(tmp_path, 0, STREAM, GEOMETRY, 3)


def test_the_last_committed_batch_is_the_highest_of_sparks_commits(tmp_path: Path) -> None:
    checkpoint = open_checkpoint(tmp_path, 0, STREAM, GEOMETRY, 2)
    assert last_committed_batch(checkpoint) is None
    commits = checkpoint.folder / "commits"
    commits.mkdir()
    for name in ("9", "10", ".10.crc", "11.tmp"):
        (commits / name).touch()
    assert last_committed_batch(checkpoint) == 10
