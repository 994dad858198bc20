"""What the view says about the run itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Title:
    """``source``: where the trades come from, in a word or two. ``addresses``: what a reader may want to open.

    ``started``: when the run became live, UTC microseconds; ``duration``: how many seconds it will last, None if until
    it is stopped.
    """

    source: str = ""
    started: int | None = None
    duration: float | None = None
    addresses: tuple[str, ...] = ()
    leave: str = "Ctrl-C stops"
