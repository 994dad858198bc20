"""What a killed run has left behind: processes that nobody stops any more.

Every run leaves a note with its folder and its own process; it is taken away at the end. A note whose process is gone
belongs to a run that was killed.
"""

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil

from cryptostream_local.locations import cache_directory

MARK = "CRYPTOSTREAM_RUN"
"""Variable in the environment of every process of a run: the run's folder."""
_SAME_START = 1.0


@dataclass(frozen=True, slots=True)
class Leftover:
    """A killed run: its note, its folder, and the processes that were ended."""

    note: Path
    folder: Path
    ended: int


def leave_note(folder: Path, notes: Path | None = None) -> Path:
    """Say that this process runs in that folder; returns the note, to be deleted at the end."""
    place = notes or _notes()
    place.mkdir(parents=True, exist_ok=True)
    note = place / f"{os.getpid()}.json"
    created = psutil.Process().create_time()
    note.write_bytes(orjson.dumps({"folder": str(folder), "pid": os.getpid(), "created": created}))
    return note


def end_leftovers(notes: Path | None = None) -> list[Leftover]:
    """End all processes of runs that were killed, and take their notes away."""
    found = []
    for note in sorted((notes or _notes()).glob("*.json")):
        try:
            entry = orjson.loads(note.read_bytes())
            folder, pid, created = Path(entry["folder"]), int(entry["pid"]), float(entry["created"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            note.unlink(missing_ok=True)
            continue
        if _lives(pid, created):
            continue
        found.append(Leftover(note, folder, end_processes_of(folder)))
        note.unlink(missing_ok=True)
    return found


def end_processes_of(folder: Path) -> int:
    """SIGKILL every process of the run in that folder; returns how many there were."""
    doomed = [process for process in psutil.process_iter() if process.pid != os.getpid() and _is_of(process, folder)]
    for process in doomed:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue
    psutil.wait_procs(doomed, timeout=10)
    return len(doomed)


def belongs(arguments: Iterable[str], environment: dict[str, str], folder: str) -> bool:
    """Whether a process with these arguments and variables is one of the run in ``folder``.

    PostgreSQL overwrites the environment that others see, so its data folder tells.
    """
    return environment.get(MARK) == folder or any(
        argument == folder or argument.startswith(f"{folder}/") for argument in arguments
    )


def _is_of(process: psutil.Process, folder: Path) -> bool:
    try:
        arguments = process.cmdline()
    except psutil.Error:
        return False
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        environment = {}
    program = Path(arguments[0]).name if arguments else ""
    # A person who looks at the folder with an editor or a pager is not a leftover.
    served = arguments if program == "postgres" else []
    return belongs(served, environment, str(folder))


def _lives(pid: int, created: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - created) < _SAME_START
    except psutil.Error:
        return False


def _notes() -> Path:
    return cache_directory() / "runs"
