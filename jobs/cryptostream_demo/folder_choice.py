"""Which folder a run works in, and what becomes of a former run's."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from cryptostream_local.locations import cache_directory
from cryptostream_local.run_folder import RECORD, RunFolder, RunFolderError

_MOST_AT_ONCE = 100


def choose_folder(keep: Path | None) -> tuple[RunFolder, str | None]:
    """A folder locked for this run and empty, and a sentence about what was there before.

    With ``keep`` that one: a former run in it is moved aside, a folder of anything else is refused. Without, one of the
    cache that no other run uses. Raises RunFolderError.
    """
    return _kept_folder(RunFolder(keep)) if keep is not None else (_passing_folder(), None)


def _kept_folder(folder: RunFolder) -> tuple[RunFolder, str | None]:
    if folder.path.exists() and not folder.path.is_dir():
        raise RunFolderError(f"--keep {folder.path} is a file: name a folder that is not there yet")
    contents = {entry.name for entry in folder.path.iterdir()} - {"lock"} if folder.path.is_dir() else set()
    if contents and RECORD not in contents:
        raise RunFolderError(f"--keep {folder.path} holds something that is not a run: name an empty or a new folder")
    if not folder.take():
        raise RunFolderError(f"--keep {folder.path}: another run is going on there")
    if not contents:
        return folder, None
    folder.release()
    aside = _aside(folder)
    folder.path.rename(aside)
    if not folder.take():
        raise RunFolderError(f"--keep {folder.path}: another run has just started there")
    return folder, f"the former run in {folder.path.name} is now in {aside.name}"


def _aside(folder: RunFolder) -> Path:
    changed = (folder.path / RECORD).stat().st_mtime
    moment = datetime.fromtimestamp(changed, UTC).strftime("%Y%m%dT%H%M%SZ")
    candidates = (
        folder.path.with_name(f"{folder.path.name}-{moment}{suffix}")
        for suffix in ("", *(f"-{n}" for n in range(2, 99)))
    )
    return next(path for path in candidates if not path.exists())


def _passing_folder() -> RunFolder:
    for number in range(1, _MOST_AT_ONCE):
        folder = RunFolder(cache_directory() / ("demo" if number == 1 else f"demo-{number}"))
        if folder.take():
            for entry in folder.path.iterdir():
                if entry.name != "lock":
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            return folder
    raise RunFolderError(f"{_MOST_AT_ONCE} runs at once are enough")
