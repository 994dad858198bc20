"""A detector over panes: the joint evidence of several statistics, and episodes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cryptostream_job.alerts import alert_id
from cryptostream_job.detectors.base import DetectorState
from cryptostream_job.detectors.episode import severity_of
from cryptostream_job.detectors.evidence.fading import FadingNorm
from cryptostream_job.detectors.evidence.recent import Recent
from cryptostream_job.detectors.evidence.statistics import Statistic, limited
from cryptostream_job.detectors.robust import round_significant
from cryptostream_job.model import Alert, AlertState, Pane

Weighed = tuple[Statistic, float]
"""A statistic, and the most that it may add."""


@dataclass(frozen=True, slots=True)
class EvidenceDetector:
    """Folds a symbol's panes, each of the grid once and in order, empty ones too.

    Each statistic is a distance z from what is usual, in standard deviations; only rises count, none for more than its
    cap. The score is the root of the sum of their squares: several statistics that are each a little unusual at
    once are as telling as one that is very much so. An episode opens at ``threshold`` and ends after ``cooldown`` panes
    in a row below ``rearm``. Nothing fires before ``warm_up`` panes.
    """

    name: str
    version: int
    stream: str
    pane: int
    statistics: Sequence[Weighed]
    threshold: float
    rearm: float
    warm_up: int
    cooldown: int

    @property
    def folds(self) -> Literal["panes"]:
        return "panes"

    def initial_state(self) -> DetectorState:
        return {
            "recent": Recent().to_json(),
            "norms": {statistic.name: FadingNorm().to_json() for statistic, _ in self.statistics},
            "panes": 0,
            "episode": None,
        }

    def step(self, state: DetectorState, pane: Pane) -> tuple[DetectorState, list[Alert]]:
        """Fold one closed pane: the next state, and the alert that it opens, moves or ends. Pure."""
        recent = Recent.from_json(state["recent"]).followed_by(pane)
        norms, distances = self._judged(state, recent)
        score = _joined(distances, self.statistics)
        warm = state["panes"] >= self.warm_up
        episode, alerts = self._episode(state["episode"], pane, score if warm else 0.0, distances)
        return {
            "recent": recent.to_json(),
            "norms": {name: norm.to_json() for name, norm in norms.items()},
            "panes": state["panes"] + 1,
            "episode": episode,
        }, alerts

    def provisional(self, state: DetectorState, pane: Pane) -> Alert | None:
        """What an open pane would raise were it to close as it is. Pure."""
        if state["episode"] is not None or state["panes"] < self.warm_up:
            return None
        recent = Recent.from_json(state["recent"]).followed_by(pane)
        _, distances = self._judged(state, recent)
        score = _joined(distances, self.statistics)
        if score < self.threshold:
            return None
        return self._alert(_opened(pane, self.pane, score, distances), pane, "open", None)

    def _judged(self, state: DetectorState, recent: Recent) -> tuple[dict[str, FadingNorm], dict[str, float]]:
        """The norms with this pane taught, and each statistic's distance from them before."""
        norms, distances = {}, {}
        for statistic, _ in self.statistics:
            norm = FadingNorm.from_json(state["norms"][statistic.name])
            value = statistic.value(recent)
            distances[statistic.name] = 0.0
            if value is not None:
                if norm.count:
                    distances[statistic.name] = statistic.judge(value, recent, norm, statistic.rules)
                norm = norm.taught(limited(statistic.name, value, norm), statistic.rules)
            norms[statistic.name] = norm
        return norms, distances

    def _episode(
        self, episode: dict[str, Any] | None, pane: Pane, score: float, distances: dict[str, float]
    ) -> tuple[dict[str, Any] | None, list[Alert]]:
        end = pane.start + self.pane
        if episode is None:
            if score < self.threshold:
                return None, []
            opened = _opened(pane, self.pane, score, distances)
            return opened, [self._alert(opened, pane, "confirmed", None)]
        if score >= self.rearm:
            moved = episode | {"last": end, "quiet": 0}
            if score > episode["peak"]:
                moved |= {"peak": score, "details": _details(distances, end)}
            return moved, [self._alert(moved, pane, "confirmed", None)]
        quiet = episode | {"quiet": episode["quiet"] + 1}
        if quiet["quiet"] < self.cooldown:
            return quiet, []
        return None, [self._alert(quiet, pane, "confirmed", end)]

    def _alert(self, episode: dict[str, Any], pane: Pane, state: AlertState, ended: int | None) -> Alert:
        return Alert(
            id=alert_id(self.stream, pane.symbol, self.name, self.version, episode["end"]),
            symbol=pane.symbol,
            exchange=pane.exchange,
            detector=self.name,
            version=self.version,
            state=state,
            severity=severity_of(episode["peak"], self.threshold),
            score=episode["peak"],
            threshold=self.threshold,
            window_start=episode["start"],
            window_end=episode["end"],
            last_window_end=episode["last"],
            ended=ended,
            price=pane.close,
            backfilled=episode["backfilled"],
            details=episode["details"],
        )


def _opened(pane: Pane, length: int, score: float, distances: dict[str, float]) -> dict[str, Any]:
    end = pane.start + length
    return {
        "start": pane.start,
        "end": end,
        "last": end,
        "peak": score,
        "quiet": 0,
        "backfilled": 2 * pane.backfilled_trades > pane.trades,
        "details": _details(distances, end),
    }


def _details(distances: dict[str, float], end: int) -> dict[str, Any]:
    return {"evidence": {name: round_significant(each) for name, each in distances.items()}, "peakWindowEnd": end}


def _joined(distances: dict[str, float], statistics: Sequence[Weighed]) -> float:
    parts = (min(max(distances[statistic.name], 0.0), cap) for statistic, cap in statistics)
    return round_significant(math.sqrt(math.fsum(part * part for part in parts)))
