"""What is measured of a pipeline that follows a live market."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from bench.live.delays import Floats
from bench.results import Pipeline
from bench.world import Place
from harness.simulator import RunningSimulator


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from trades to their rows, and to the alerts of those that caused some; how many alerts were seen."""

    rows: Floats
    alerts: Floats
    alerts_seen: int


class LivePipeline(Protocol):
    """Made, it follows the market and has left its past behind."""

    name: Pipeline
    database_url: str

    def __init__(self, stack: ExitStack, place: Place, market: RunningSimulator) -> None:
        """``stack`` ends all that it starts."""

    def parts(self) -> dict[str, int]:
        """Its processes."""

    def kill_job(self) -> None: ...

    def start_job(self) -> None: ...

    def await_rows(self) -> float:
        """Wait until all that has been traded up to now is in the database; returns when it was, UTC seconds."""

    def finish(self) -> None:
        """End it in order. Raises AssertionError when what it has written is wrong, where that can be told."""

    def delays(self, begin: float, end: float) -> Delays:
        """Of trades made within [begin, end), UTC seconds, after it has finished."""
