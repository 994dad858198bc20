"""The series scorer: each row judged by the rows before it, whatever the series measures."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptostream_score.moments import FadingMoments
from cryptostream_score.profile import DailyProfile
from cryptostream_score.series import Row
from cryptostream_score.tail import TailRarity


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """The scorer's one setting for all series. Lengths are in rows unless a unit is named.

    ``memory``: after so many rows mean and spread have forgotten. ``warm_up``: rows before a distance, and distances
    before a rarity. ``level``: rows whose mean shows a shift. ``slot``: part of the day in seconds that has a usual
    value of its own. ``slot_memory``: values of a slot after which it forgets. ``tail_quantile``, ``tail_memory``: see
    TailRarity. ``cooldown``: rows after a score in which only a higher one is told. ``even``: rarity that scores 0.5.
    """

    memory: int = 2000
    warm_up: int = 100
    level: int = 24
    slot: float = 1800.0
    slot_memory: int = 50
    tail_quantile: float = 0.95
    tail_memory: int = 20_000
    cooldown: int = 100
    even: float = 4.0


DEFAULTS = ScorerSettings()


class SeriesScorer:
    """Scores one series in order, seeing the past only.

    Three statistics: the value, its residual against the usual value at this time of the day, and the mean of the last
    residuals. Each is taken as its distance from its own fading mean in standard deviations, and each distance as
    its rarity among past ones; the highest rarity r scores ``r / (r + even)``.
    """

    def __init__(self, settings: ScorerSettings = DEFAULTS) -> None:
        self._settings = settings
        self._profile = DailyProfile(settings.slot, settings.slot_memory)
        self._recent: deque[float] = deque(maxlen=settings.level)
        self._statistics = tuple(_Statistic(settings) for _ in range(3))
        self._cooldown = _Cooldown(settings.cooldown)

    def score(self, time: float, value: float) -> float:
        """The anomaly score in [0, 1] of the next row; ``time`` in UTC seconds since the epoch.

        0.5 is one row in ten thousand. A missing value (NaN) scores 0 and teaches nothing. An event is told once: for
        ``cooldown`` rows after a score only a higher one is told, everything else is 0.
        """
        if math.isnan(value):
            return self._cooldown.told(0.0)
        residual = self._profile.residual(time, value)
        self._profile.add(time, value)
        self._recent.append(residual)
        level = math.fsum(self._recent) / len(self._recent)
        told = self._cooldown.told(
            max(
                statistic.rarity(each)
                for statistic, each in zip(self._statistics, (value, residual, level), strict=True)
            )
        )
        return told / (told + self._settings.even)


def score_rows(rows: Iterable[Row], settings: ScorerSettings = DEFAULTS) -> Iterator[tuple[Row, float]]:
    """Each row with its score, as it comes."""
    scorer = SeriesScorer(settings)
    for row in rows:
        yield row, scorer.score(row.time, row.value)


class _Statistic:
    """One statistic of the series: how rare its distance from its own past is."""

    def __init__(self, settings: ScorerSettings) -> None:
        self._moments = FadingMoments(settings.memory)
        self._tail = TailRarity(settings.tail_quantile, settings.tail_memory, settings.warm_up)
        self._warm_up = settings.warm_up

    def rarity(self, value: float) -> float:
        """The rarity of the next value, which then belongs to the past."""
        rarity = 0.0
        if self._moments.count >= self._warm_up:
            distance = self._moments.distance(value)
            rarity = self._tail.of(distance)
            self._tail.add(distance)
        self._moments.add(value)
        return rarity


class _Cooldown:
    """One event is one peak: of scores within a stretch of rows only rising ones are told."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._height = 0.0
        self._since = 0

    def told(self, score: float) -> float:
        """The score, or 0 where an equal or higher one was told within the last rows."""
        self._since += 1
        if self._since > self._rows:
            self._height = 0.0
        if score <= self._height:
            return 0.0
        self._height = score
        self._since = 0
        return score
