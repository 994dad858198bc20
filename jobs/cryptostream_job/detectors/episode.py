"""One event is one alert: an episode opens, moves while it lasts, and ends once it has been quiet for long enough."""

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Self

from cryptostream_job.detectors.baseline import TimedValue, timed_values
from cryptostream_job.model import Severity, Window

WARNING_RATIO = 1.5
CRITICAL_RATIO = 3.0


@dataclass(frozen=True, slots=True)
class EpisodeRules:
    """When an episode opens and ends. Scores are in scales of the baseline, counts in windows.

    It opens at ``score >= threshold``. A window with ``score >= rearm`` belongs to it; after ``cooldown`` windows in a
    row below that (or without a score) it has ended, and a renewed rise is a new event. An episode of ``longest``
    windows ends in any case: its level is the new normal.
    """

    threshold: float
    rearm: float
    cooldown: int
    longest: int


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode that has not ended. ``held`` are the values of its windows, kept away from the baseline.

    ``quiet`` counts the latest windows in a row below the re-arm level, ``windows`` all since the opening one.
    """

    window_start: int
    window_end: int
    last_window_end: int
    peak: float
    price: str | None
    backfilled: bool
    details: dict[str, Any]
    quiet: int = 0
    windows: int = 1
    held: tuple[TimedValue, ...] = ()

    @classmethod
    def opened(cls, window: Window, score: float, value: float, details: dict[str, Any]) -> Self:
        """An episode that opens in this window."""
        return cls(
            window_start=window.start,
            window_end=window.end,
            last_window_end=window.end,
            peak=score,
            price=_price(window),
            backfilled=2 * window.backfilled_trades > window.trades,
            details=details,
            held=((window.end, value),),
        )

    def extended(self, window: Window, score: float, value: float, details: dict[str, Any]) -> Self:
        """With one more window that belongs to it; score and details are those of the highest window."""
        higher = score > self.peak
        return replace(
            self,
            last_window_end=window.end,
            peak=score if higher else self.peak,
            details=details if higher else self.details,
            price=_price(window) or self.price,
            quiet=0,
            windows=self.windows + 1,
            held=(*self.held, (window.end, value)),
        )

    def quieter(self) -> Self:
        """With one more window that does not belong to it."""
        return replace(self, quiet=self.quiet + 1, windows=self.windows + 1)

    def is_over(self, rules: EpisodeRules) -> bool:
        return self.quiet >= rules.cooldown or self.is_lasting(rules)

    def is_lasting(self, rules: EpisodeRules) -> bool:
        """Whether it is so long that it is no event any more but the new normal."""
        return self.windows >= rules.longest

    @property
    def last_price(self) -> Decimal | None:
        return None if self.price is None else Decimal(self.price)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"held": [list(item) for item in self.held]}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        return cls(**(fields | {"held": timed_values(fields["held"])}))


def severity_of(score: float, threshold: float) -> Severity:
    """``info`` from the threshold on, ``warning`` from 1.5 times, ``critical`` from 3 times the threshold on."""
    ratio = score / threshold
    if ratio >= CRITICAL_RATIO:
        return "critical"
    return "warning" if ratio >= WARNING_RATIO else "info"


def _price(window: Window) -> str | None:
    return None if window.close is None else format(window.close, "f")
