"""How long a candle is, and which table it is read from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_CANDLES = 500
"""Candles a symbol that an interval of our choice gives at most: about three pixels each on a wide screen."""
MOST_ASKED_CANDLES = 10_000
"""Candles a symbol that an asked interval may give: beyond it a browser is no longer fluent."""

_MINUTE = timedelta(minutes=1)
_LADDER = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    _MINUTE,
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(days=1),
)
_ROLLUPS = {"1h": timedelta(hours=1), "5m": timedelta(minutes=5), "1m": _MINUTE}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """The length of a candle. ``rollup`` names the rollup it is read from (``1m``, ``5m``, ``1h``), None the panes."""

    length: timedelta
    rollup: str | None

    def floor(self, moment: datetime) -> datetime:
        """The start of the candle that holds a moment, on the grid of the epoch."""
        return moment - (moment - _EPOCH) % self.length

    def ceil(self, moment: datetime) -> datetime:
        """The end of the candle that a moment ends or falls into."""
        return moment + (_EPOCH - moment) % self.length

    def count(self, start: datetime, end: datetime) -> int:
        """Candles that cover ``[start, end)``."""
        return (self.ceil(end) - self.floor(start)) // self.length

    @property
    def rollup_length(self) -> timedelta:
        """The length of the rollup's buckets. Raises KeyError where the candle is read from panes."""
        return _ROLLUPS[self.rollup or ""]


def choose_interval(start: datetime, end: datetime, pane: timedelta, *, panes_reach: bool = True) -> Interval:
    """The shortest interval that covers ``[start, end)`` with at most MOST_CANDLES candles.

    ``pane`` is the length of the stream's panes. ``panes_reach`` says that they go back to ``start``; where retention
    has removed them only the rollups are left.
    """
    lengths = [pane, *(step for step in _LADDER if step > pane and step % pane == timedelta(0))]
    if not panes_reach:
        lengths = [length for length in lengths if _rollup_of(length, panes_reach)] or [_LADDER[-1]]
    intervals = [Interval(length, _rollup_of(length, panes_reach)) for length in lengths]
    fitting = (interval for interval in intervals if interval.count(start, end) <= MOST_CANDLES)
    longest = intervals[-1]
    times = -(-longest.count(start, end) // (MOST_CANDLES - 1))
    return next(fitting, Interval(longest.length * times, longest.rollup))


def asked_interval(
    length: timedelta, start: datetime, end: datetime, pane: timedelta, *, panes_reach: bool = True
) -> Interval:
    """The interval of an asked length. Raises ValueError when the panes cannot be composed to it or it is too short."""
    if length < pane or length % pane:
        raise ValueError(
            f"--interval {in_words(length)} is not a multiple of the stream's panes of {in_words(pane)}: "
            f"write {in_words(pane)}, a multiple of it, or auto"
        )
    interval = Interval(length, _rollup_of(length, panes_reach))
    if not panes_reach and interval.rollup is None:
        raise ValueError(
            f"--interval {in_words(length)} needs panes, which no longer reach back to the start of the range: "
            "write a whole number of minutes, or auto"
        )
    if interval.count(start, end) > MOST_ASKED_CANDLES:
        raise ValueError(
            f"--interval {in_words(length)} gives {interval.count(start, end)} candles a symbol from "
            f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, more than {MOST_ASKED_CANDLES}: "
            "lengthen it, shorten the range, or write auto"
        )
    return interval


def longer_interval(length: timedelta, candles: int, most: int) -> timedelta:
    """The shortest length that turns ``candles`` of ``length`` into ``most`` at most; of the ladder where it can be."""
    if candles <= most:
        return length
    wanted = length * (-(-candles // most))
    fitting = (step for step in _LADDER if step >= wanted and step % length == timedelta(0))
    return next(fitting, wanted)


def in_words(length: timedelta) -> str:
    """A length as settings write it: ``10s``, ``5m``, ``1h``, ``1d``."""
    seconds = length.total_seconds()
    if seconds >= 1:
        for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
            if seconds >= size and seconds % size == 0:
                return f"{seconds / size:g}{unit}"
        return f"{seconds:g}s"
    return f"{seconds * 1000:g}ms"


def _rollup_of(length: timedelta, panes_reach: bool) -> str | None:
    """The coarsest rollup that makes whole candles; up to a minute the panes, which know what came over REST."""
    if panes_reach and length <= _MINUTE:
        return None
    return next((name for name, bucket in _ROLLUPS.items() if length % bucket == timedelta(0)), None)
