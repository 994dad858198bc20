"""Whether Kafka or the database can be reached, since when, and why not."""

import threading
import time
from collections.abc import Iterator

from cryptostream_view.snapshot import SourceSnapshot

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0


class Source:
    """Told by the thread that uses the source, read by the one that draws."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._up: bool | None = None
        self._since = time.monotonic()
        self._reason = ""

    def reached(self) -> None:
        self._change(True, "")

    def lost(self, reason: object) -> None:
        """It cannot be used; only the first line of the reason is kept."""
        first = next(iter(str(reason).strip().splitlines()), "no reason given")
        with self._lock:
            starting = self._up is None
            if starting:
                self._reason = first
        if not starting:
            self._change(False, first)

    def snapshot(self) -> SourceSnapshot:
        with self._lock:
            return SourceSnapshot(self._name, self._up, time.monotonic() - self._since, self._reason)

    def _change(self, up: bool, reason: str) -> None:
        with self._lock:
            if up is not self._up:
                self._since = time.monotonic()
            self._up, self._reason = up, reason


def pauses() -> Iterator[float]:
    """Seconds to wait before each try: doubling from a half up to five."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)
