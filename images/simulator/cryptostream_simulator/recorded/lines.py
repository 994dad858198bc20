"""The lines of a file, gzip-compressed or not, however it ends."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptostream_simulator.recorded.errors import RecordingError

_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 31
_PIECE = 1 << 18
_LONGEST_LINE = 16 * 1024 * 1024


class Lines:
    """Iterates once over the lines, without their newlines. ``number`` is that of the latest one, from 1.

    gzip members may follow one another. Of a compressed file that ends in the middle, every whole line is told and
    the rest is left out; ``is_cut`` says so afterwards. ``is_whole`` is false for a last line without a newline.
    Raises RecordingError where the file or its compressed data cannot be read, or a line is longer than 16 MiB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self.is_cut = False
        self.is_whole = True

    def __iter__(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                compressed = file.read(len(_GZIP)) == _GZIP
                file.seek(0)
                yield from self._split(self._unzipped(file) if compressed else _pieces(file))
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}") from None
        except zlib.error as error:
            raise RecordingError(f"{self.path}, after line {self.number}: damaged gzip data: {error}") from None

    def _split(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        rest = b""
        for piece in pieces:
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                self.number += 1
                yield line
            if len(rest) > _LONGEST_LINE:
                raise RecordingError(f"{self.path}, line {self.number + 1}: longer than 16 MiB")
        if rest and not self.is_cut:
            self.number += 1
            self.is_whole = False
            yield rest

    def _unzipped(self, file: IO[bytes]) -> Iterator[bytes]:
        member = zlib.decompressobj(_GZIP_FORMAT)
        compressed = b""
        while compressed := compressed or file.read(_PIECE):
            if member.eof:
                compressed = compressed.lstrip(b"\0")
                if not compressed:
                    continue
                member = zlib.decompressobj(_GZIP_FORMAT)
            piece = member.decompress(compressed, _PIECE)
            compressed = member.unused_data if member.eof else member.unconsumed_tail
            if piece:
                yield piece
        if not member.eof and (piece := member.flush()):
            yield piece
        self.is_cut = not member.eof


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
