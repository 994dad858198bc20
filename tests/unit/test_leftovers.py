"""Processes that a killed run has left behind are found and ended, and nothing else is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import psutil
import pytest

from cryptostream_local.leftovers import MARK, belongs, end_leftovers, end_processes_of, leave_note

GONE = 2**22 - 3
"""Above what Linux hands out by default."""


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def waiting_process(folder: Path | None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **({MARK: str(folder)} if folder else {})}
    # It says that it runs: before that its environment is still its parent's.
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def note_of_a_killed_run(notes: Path, folder: Path) -> Path:
    notes.mkdir(exist_ok=True)
    note = notes / f"{GONE}.json"
    note.write_bytes(orjson.dumps({"folder": str(folder), "pid": GONE, "created": 1.0}))
    return note


def test_a_killed_runs_processes_are_ended(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    mine, others = waiting_process(tmp_path / "run"), waiting_process(tmp_path / "run-2")
    unmarked = waiting_process(None)
    started += [mine, others, unmarked]
    note = note_of_a_killed_run(tmp_path / "notes", tmp_path / "run")
    (leftover,) = end_leftovers(tmp_path / "notes")
    assert (leftover.folder, leftover.ended) == (tmp_path / "run", 1)
    assert mine.poll() is not None
    assert others.poll() is None
    assert unmarked.poll() is None
    assert not note.exists()


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    started.append(waiting_process(tmp_path / "run"))
    note = leave_note(tmp_path / "run", tmp_path / "notes")
    assert end_leftovers(tmp_path / "notes") == []
    assert started[0].poll() is None
    assert note.exists()


def test_a_reused_process_number_does_not_keep_a_killed_run_alive(tmp_path: Path) -> None:
    note = leave_note(tmp_path / "run", tmp_path / "notes")
    entry = orjson.loads(note.read_bytes())
    note.write_bytes(orjson.dumps({**entry, "created": psutil.Process().create_time() - 1000}))
    assert [found.folder for found in end_leftovers(tmp_path / "notes")] == [tmp_path / "run"]


def test_a_note_that_cannot_be_read_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "7.json").write_text("{")
    assert end_leftovers(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_process_that_asks_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, str(tmp_path))
    assert end_processes_of(tmp_path) == 0


def test_a_database_is_known_by_its_data_folder() -> None:
    assert belongs(["/opt/bin/postgres", "-D", "/data/run/database/data"], {}, "/data/run")
    assert not belongs(["/opt/bin/postgres", "-D", "/data/run-2/database/data"], {}, "/data/run")
