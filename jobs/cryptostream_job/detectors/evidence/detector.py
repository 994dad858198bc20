"""A detector over panes: the joint evidence of several statistics, and episodes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from cryptostream_job.alerts import alert_id
from cryptostream_job.detectors.base import StoredState
from cryptostream_job.detectors.episode import severity_of
from cryptostream_job.detectors.evidence.fading import FadingNorm
from cryptostream_job.detectors.evidence.recent import Recent
from cryptostream_job.detectors.evidence.statistics import Reading, Statistic
from cryptostream_job.detectors.robust import round_significant
from cryptostream_job.model import Alert, AlertState, Pane

Weighed = tuple[Statistic, float]
"""A statistic, and the most that it may add."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one statistic says of a pane, and the most that it may add."""

    name: str
    reading: Reading
    cap: float

    @property
    def counted(self) -> float:
        """Its part of the score: only rises count, up to the cap."""
        return min(max(self.reading.distance, 0.0), self.cap)

    def to_json(self) -> dict[str, float]:
        reading = self.reading
        return {
            "seen": round_significant(reading.seen),
            "usual": round_significant(reading.usual),
            "scale": round_significant(reading.scale),
            "distance": round_significant(reading.distance),
            "counted": round_significant(self.counted),
        }


@dataclass(frozen=True, slots=True)
class EvidenceState:
    """The last panes, what is usual of each statistic, how many panes were seen, and the episode that lasts."""

    recent: Recent
    norms: tuple[FadingNorm, ...]
    panes: int = 0
    episode: dict[str, Any] | None = None


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
    direction_panes: int = 0
    """Panes over which the price's return gives the alert a direction; 0 where it has none."""

    @property
    def folds(self) -> Literal["panes"]:
        return "panes"

    def initial_state(self) -> EvidenceState:
        return EvidenceState(Recent(), tuple(FadingNorm() for _ in self.statistics))

    def stored(self, state: EvidenceState, /) -> StoredState:
        norms = zip(self.statistics, state.norms, strict=True)
        return {
            "recent": state.recent.to_json(),
            "norms": {statistic.name: norm.to_json() for (statistic, _), norm in norms},
            "panes": state.panes,
            "episode": state.episode,
        }

    def restored(self, stored: StoredState, /) -> EvidenceState:
        norms = tuple(FadingNorm.from_json(stored["norms"][statistic.name]) for statistic, _ in self.statistics)
        return EvidenceState(Recent.from_json(stored["recent"]), norms, stored["panes"], stored["episode"])

    def step(self, state: EvidenceState, pane: Pane, /) -> tuple[EvidenceState, list[Alert]]:
        """Fold one closed pane: the next state, and the alert that it opens, moves or ends. Pure."""
        recent = state.recent.followed_by(pane)
        values = [statistic.value(recent) for statistic, _ in self.statistics]
        evidence = self._evidence(values, recent, state.norms)
        norms = tuple(
            norm if value is None else norm.taught(statistic.limited(value, norm), statistic.rules)
            for (statistic, _), value, norm in zip(self.statistics, values, state.norms, strict=True)
        )
        episode, alerts = state.episode, list[Alert]()
        if state.panes >= self.warm_up:
            episode, alerts = self._episode(episode, pane, evidence, recent)
        return EvidenceState(recent, norms, state.panes + 1, episode), alerts

    def provisional(self, state: EvidenceState, pane: Pane, /) -> Alert | None:
        """What an open pane would raise were it to close as it is. Pure."""
        if state.episode is not None or state.panes < self.warm_up:
            return None
        recent = state.recent.followed_by(pane)
        evidence = self._evidence([statistic.value(recent) for statistic, _ in self.statistics], recent, state.norms)
        if _score(evidence) < self.threshold:
            return None
        return self._alert(self._opened(pane, evidence, recent), pane, "open", None)

    def _evidence(self, values: Sequence[float | None], recent: Recent, norms: Sequence[FadingNorm]) -> list[Evidence]:
        """What each statistic that can be told says against the panes before."""
        found = []
        for (statistic, cap), value, norm in zip(self.statistics, values, norms, strict=True):
            if value is not None and norm.count:
                found.append(Evidence(statistic.name, statistic.read(value, recent, norm), cap))
        return found

    def _episode(
        self, episode: dict[str, Any] | None, pane: Pane, evidence: Sequence[Evidence], recent: Recent
    ) -> tuple[dict[str, Any] | None, list[Alert]]:
        end = pane.start + self.pane
        score = _score(evidence)
        if episode is None:
            if score < self.threshold:
                return None, []
            opened = self._opened(pane, evidence, recent)
            return opened, [self._alert(opened, pane, "confirmed", None)]
        if score >= self.rearm:
            moved = episode | {"last": end, "quiet": 0, "price": _price(pane) or episode["price"]}
            if score > episode["peak"]:
                moved |= {"peak": score, "details": self._details(pane, evidence, recent)}
            return moved, [self._alert(moved, pane, "confirmed", None)]
        quiet = episode | {"quiet": episode["quiet"] + 1}
        if quiet["quiet"] < self.cooldown:
            return quiet, []
        return None, [self._alert(quiet, pane, "confirmed", end)]

    def _opened(self, pane: Pane, evidence: Sequence[Evidence], recent: Recent) -> dict[str, Any]:
        end = pane.start + self.pane
        return {
            "start": pane.start,
            "end": end,
            "last": end,
            "peak": _score(evidence),
            "quiet": 0,
            "price": _price(pane),
            "backfilled": 2 * pane.backfilled_trades > pane.trades,
            "details": self._details(pane, evidence, recent),
        }

    def _details(self, pane: Pane, evidence: Sequence[Evidence], recent: Recent) -> dict[str, Any]:
        """What the score is made of, for the episode's highest pane."""
        details: dict[str, Any] = {
            "evidence": {each.name: each.to_json() for each in evidence},
            "peakWindowEnd": pane.start + self.pane,
            "trades": pane.trades,
            "missingIds": pane.missing_ids,
        }
        moved = recent.moved(self.direction_panes) if self.direction_panes else 0.0
        if moved:
            details["direction"] = "up" if moved > 0 else "down"
        return details

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
            price=None if episode["price"] is None else Decimal(episode["price"]),
            backfilled=episode["backfilled"],
            details=episode["details"],
        )


def _score(evidence: Iterable[Evidence]) -> float:
    return round_significant(math.sqrt(math.fsum(each.counted * each.counted for each in evidence)))


def _price(pane: Pane) -> str | None:
    return None if pane.close is None else format(pane.close, "f")
