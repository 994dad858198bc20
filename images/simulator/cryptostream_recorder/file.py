"""The file that a recording is written to: gzip members, each complete, so that a kill leaves a readable file."""

import os
import threading
import zlib
from pathlib import Path

_GZIP_FORMAT = 31
_LEVEL = 6
_LARGEST_MEMBER = 1 << 20


class UnusableFileError(ValueError):
    """The file cannot be begun; the text says what to do."""


class RecordingFile:
    """Thread-safe. Lines wait in memory until ``flush`` or until a mebibyte of them has come together.

    When the disk refuses, ``failure`` says why, what has been written stays readable, and further lines are dropped.
    """

    def __init__(self, path: Path, force: bool) -> None:
        """Raises UnusableFileError."""
        check_writable(path, force)
        try:
            self._file = path.open("wb" if force else "xb", buffering=0)
        except OSError as error:
            raise UnusableFileError(f"{path}: {error.strerror}") from None
        self.path = path
        self.size = 0
        self.failure: str | None = None
        self._lines: list[bytes] = []
        self._waiting = 0
        self._lock = threading.Lock()

    def append(self, line: bytes) -> None:
        """Add a line, without its newline."""
        with self._lock:
            self._lines.append(line)
            self._waiting += len(line)
            if self._waiting >= _LARGEST_MEMBER:
                self._write()

    def flush(self) -> None:
        """Write what waits as a gzip member of its own."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Write what waits and bring it to the disk."""
        with self._lock:
            self._write()
            try:
                if self.failure is None:
                    os.fsync(self._file.fileno())
                self._file.close()
            except OSError as error:
                self.failure = self.failure or f"{self.path}: {error.strerror}"

    def _write(self) -> None:
        lines, self._lines, self._waiting = self._lines, [], 0
        if not lines or self.failure is not None:
            return
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
        member = b"".join((compressor.compress(b"\n".join(lines)), compressor.compress(b"\n"), compressor.flush()))
        unwritten = memoryview(member)
        try:
            while unwritten:
                unwritten = unwritten[self._file.write(unwritten) or 0 :]
        except OSError as error:
            self.failure = f"{self.path}: {error.strerror}; the recording ends after {self.size} bytes"
            self._cut_back()
        else:
            self.size += len(member)

    def _cut_back(self) -> None:
        try:
            self._file.truncate(self.size)
        except OSError:
            return


def check_writable(path: Path, force: bool) -> None:
    """Raises UnusableFileError where the file may not be begun."""
    if path.exists() and not force:
        raise UnusableFileError(f"{path} exists: give another name, or --force to overwrite it")
    if not path.parent.is_dir():
        raise UnusableFileError(f"{path.parent} is not a directory: create it first")
