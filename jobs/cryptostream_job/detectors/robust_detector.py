"""A detector made of one measure of a window, a robust baseline of it, and episodes."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptostream_job.alerts import alert_id
from cryptostream_job.detectors.base import StoredState
from cryptostream_job.detectors.baseline import Baseline
from cryptostream_job.detectors.episode import Episode, EpisodeRules, severity_of
from cryptostream_job.detectors.robust import Norm, norm_of, robust_z, round_significant
from cryptostream_job.model import Alert, AlertState, Window

Measure = Callable[[Window], float | None]


@dataclass(frozen=True, slots=True)
class RobustState:
    """The past values, and the episode that lasts.

    ``norms``: what an open window is judged by, by its start: it is looked at in many batches.
    """

    baseline: Baseline = field(default_factory=Baseline)
    episode: Episode | None = None
    norms: dict[int, Norm | None] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RobustDetector:
    """Judges a window's measure by the median and robust scale of the last ``baseline_windows`` measured windows.

    ``score = |x - median| / scale``, without the absolute value when ``two_sided`` is false; see ``robust.norm_of`` for
    the scale. Windows that overlap the one under test are no part of its baseline, and nothing fires before the
    baseline holds ``warm_up_windows`` values.

    What does not enter the baseline: windows without a measure (no trades); windows with missing ids, whose measure
    is too small; windows that belong to an episode, so that an event does not hide the next one. When an episode
    has lasted for the rules' longest, its values do enter: what stays is no anomaly.

    Missing and backfilled trades never raise a score by themselves: a measure looks at the trades inside one window
    only, never across a hole.
    """

    name: str
    version: int
    stream: str
    measure: Measure
    two_sided: bool
    logarithmic: bool
    scale_floor: float
    baseline_windows: int
    warm_up_windows: int
    rules: EpisodeRules

    @property
    def folds(self) -> Literal["windows"]:
        return "windows"

    def initial_state(self) -> RobustState:
        return RobustState()

    def stored(self, state: RobustState) -> StoredState:
        episode = None if state.episode is None else state.episode.to_json()
        return {"baseline": state.baseline.to_json(), "episode": episode}

    def restored(self, stored: StoredState) -> RobustState:
        episode = None if stored["episode"] is None else Episode.from_json(stored["episode"])
        return RobustState(Baseline.from_json(stored["baseline"]), episode)

    def step(self, state: RobustState, window: Window) -> tuple[RobustState, list[Alert]]:
        baseline = self._baseline(state, window)
        episode = state.episode
        value = self.measure(window)
        norm = self._norm(baseline)
        score = None if value is None or norm is None else self._score(value, norm)
        level = self.rules.threshold if episode is None else self.rules.rearm

        if value is not None and norm is not None and score is not None and score >= level:
            details = self._details(window, value, norm)
            moved = (episode.extended if episode else Episode.opened)(window, score, value, details)
            published = True
        else:
            if value is not None and not window.missing_ids:
                baseline = baseline.with_pending([(window.end, value)])
            if episode is None:
                return RobustState(baseline), []
            moved = episode.quieter()
            published = False

        if not moved.is_over(self.rules):
            return RobustState(baseline, moved), [self._alert(window, moved, "confirmed", None)] if published else []
        if moved.is_lasting(self.rules):
            baseline = baseline.with_pending(moved.held)
        return RobustState(baseline), [self._alert(window, moved, "confirmed", window.end)]

    def provisional(self, state: RobustState, window: Window) -> Alert | None:
        if state.episode is not None:
            return None
        value = self.measure(window)
        if window.start not in state.norms:
            state.norms[window.start] = self._norm(self._baseline(state, window))
        norm = state.norms[window.start]
        if value is None or norm is None:
            return None
        score = self._score(value, norm)
        if score < self.rules.threshold:
            return None
        return self._alert(
            window, Episode.opened(window, score, value, self._details(window, value, norm)), "open", None
        )

    def _baseline(self, state: RobustState, window: Window) -> Baseline:
        return state.baseline.released(window.start, self.baseline_windows)

    def _norm(self, baseline: Baseline) -> Norm | None:
        return norm_of(baseline.values, self.scale_floor) if len(baseline.values) >= self.warm_up_windows else None

    def _score(self, value: float, norm: Norm) -> float:
        score = robust_z(value, norm)
        return abs(score) if self.two_sided else score

    def _details(self, window: Window, value: float, norm: Norm) -> dict[str, Any]:
        """What the score is made of, for the episode's highest window."""
        details: dict[str, Any] = {
            "value": round_significant(value),
            "median": round_significant(norm.centre),
            "scale": round_significant(norm.scale),
            "baselineWindows": norm.size,
            "peakWindowEnd": window.end,
            "trades": window.trades,
            "missingIds": window.missing_ids,
        }
        if self.two_sided:
            details["direction"] = "up" if value > norm.centre else "down"
        if self.logarithmic:
            details["ratio"] = round_significant(math.exp(value - norm.centre))
        return details

    def _alert(self, window: Window, episode: Episode, state: AlertState, ended: int | None) -> Alert:
        return Alert(
            id=alert_id(self.stream, window.symbol, self.name, self.version, episode.window_end),
            symbol=window.symbol,
            exchange=window.exchange,
            detector=self.name,
            version=self.version,
            state=state,
            severity=severity_of(episode.peak, self.rules.threshold),
            score=episode.peak,
            threshold=self.rules.threshold,
            window_start=episode.window_start,
            window_end=episode.window_end,
            last_window_end=episode.last_window_end,
            ended=ended,
            price=episode.last_price,
            backfilled=episode.backfilled,
            details=episode.details,
        )
