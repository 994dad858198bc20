"""The simulated exchange of a run, seen through its ready line and its admin endpoints."""

import gzip
import shutil
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cryptostream_demo.loopback import open_loopback

_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class SimulatedExchange:
    """Where it answers, what it speaks and what it trades."""

    websocket: str
    rest: str
    exchange: str
    symbols: tuple[str, ...]

    @classmethod
    def from_log(cls, log: str) -> "SimulatedExchange | None":
        """Read the ready line out of what the process has written; None while there is none."""
        for line in log.splitlines():
            if line.startswith('{"port"') and line.endswith("}"):
                ready = orjson.loads(line)
                return cls(ready["ws"], ready["rest"], ready["exchange"], tuple(ready["symbols"]))
        return None

    def now(self) -> int:
        """Exchange time, UTC microseconds. Raises OSError."""
        return int(self._state()["now"])

    def has_ended(self) -> bool:
        """Whether a recording has been played to its end. Raises OSError."""
        state = self._state()
        end = state.get("tapeEnd")
        return end is not None and int(state["now"]) > int(end)

    def labels(self) -> list[dict[str, Any]]:
        """The events, those to come too: type, symbol, start and end in UTC microseconds, size. Raises OSError."""
        labels: list[dict[str, Any]] = orjson.loads(self._get("/admin/labels"))
        return labels

    def save_tape(self, folder: Path, symbol: str, feed: str, first_id: int, last_id: int) -> None:
        """Write what was traded between two ids, inclusive, as the tape's own lines. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        query = urllib.parse.urlencode({"symbol": symbol, "feed": feed, "fromId": first_id, "toId": last_id})
        with (
            open_loopback(f"{self.rest}/admin/tape?{query}", _TIMEOUT) as answer,
            gzip.open(folder / f"{symbol}.ndjson.gz", "wb", compresslevel=3) as file,
        ):
            shutil.copyfileobj(answer, file)

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = orjson.loads(self._get("/admin/state"))
        return state

    def _get(self, path: str) -> bytes:
        with open_loopback(f"{self.rest}{path}", _TIMEOUT) as answer:
            return answer.read()
