"""Draw docs/images/detectors/*.png and write the examples of docs/detectors: ``python docs/images/detectors.py``.

One picture a detector: a simulated market with one labelled event, and the detector's score with its settings'
defaults. The alert in the picture is explained on the detector's page. All follows from seeds, so a run again gives the
same bytes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from detector_drawing import ONSET, SHOWN, Score, after_onset, draw

from cryptostream_backtest.explanation import explain
from cryptostream_backtest.replaying import ToldAlert, looks
from cryptostream_evaluation.plan import TapePlan
from cryptostream_evaluation.run import GEOMETRY
from cryptostream_evaluation.tape import draw_panes
from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.evidence.detector import EvidenceDetector
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.robust_detector import RobustDetector
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Alert, Pane, Window
from cryptostream_simulator.events import EventType, MarketEvent

FOLDER = Path(__file__).parent / "detectors"
PAGES = Path(__file__).parents[1] / "detectors"
SYMBOL = "SOLUSDT"
SEED = 7
LEAST = 1e-9
"""A threshold at which every window and pane has an alert, and so tells its score."""
SCENES: dict[str, tuple[EventType, float, int]] = {
    "price_spike": ("price_spike", 70.0, 120),
    "volume_surge": ("volume_surge", 15.0, 120),
    "volatility_burst": ("volatility_burst", 40.0, 120),
    "price_jump": ("price_spike", 12.0, 10),
    "trade_surge": ("volume_surge", 10.0, 30),
    "pump_start": ("pump_and_dump", 15.0, 120),
    "range_burst": ("volatility_burst", 12.0, 60),
}
"""The event of each detector's picture: type, size and seconds."""


@dataclass(frozen=True, slots=True)
class Staged(TapePlan):
    """A tape with one event that was not drawn."""

    event: MarketEvent = field(kw_only=True)

    @property
    def events(self) -> tuple[MarketEvent, ...]:
        return (self.event,)


def main() -> None:
    """Draw every picture, write every example."""
    FOLDER.mkdir(exist_ok=True)
    for detector in build_detectors(DetectorSettings(), GEOMETRY, "docs/detectors"):
        event, panes = staged(detector.name)
        told, scores = judged(detector, panes)
        draw(detector, event, panes, told, scores, FOLDER / f"{detector.name.replace('_', '-')}.png")
        write_example(detector.name, told.alert)
        print(f"{detector.name}: told {after_onset(told.told):.0f} s after the onset")  # noqa: T201


def staged(name: str) -> tuple[MarketEvent, list[Pane]]:
    """The event of a detector's picture, and the panes of its tape."""
    kind, size, seconds = SCENES[name]
    event = MarketEvent(SYMBOL, kind, ONSET, seconds, size)
    return event, draw_panes(Staged("events", SYMBOL, SEED, ONSET + SHOWN[1] + 150, event=event), GEOMETRY)


def judged(detector: Detector, panes: Sequence[Pane]) -> tuple[ToldAlert, list[Score]]:
    """The event's alert, and the score of each pane or window that the detector folds."""
    told: dict[str, ToldAlert] = {}
    closed: list[Pane | Window] = list(panes) if detector.folds == "panes" else []
    for look in looks(panes, GEOMETRY, [detector]):
        if detector.folds == "windows":
            closed += look.windows
        for alert in look.alerts:
            first = told.get(alert.id)
            told[alert.id] = ToldAlert(first.told if first else look.clock, alert)
    (shown,) = [each for each in told.values() if SHOWN[0] < after_onset(each.told) < SHOWN[1]]
    return shown, list(scored(detector, closed))


def scored(detector: Detector, closed: Sequence[Pane | Window]) -> Iterator[Score]:
    """The score of each against the state that the detector has when it closes."""
    probe = sensitive(detector)
    state = detector.initial_state()
    for each in closed:
        alert = probe.provisional(replace(state, episode=None), each)  # type: ignore[arg-type]
        state, _ = detector.step(state, each)  # type: ignore[arg-type]
        end = after_onset(each.start + (GEOMETRY.pane if isinstance(each, Pane) else GEOMETRY.window))
        if SHOWN[0] <= end <= SHOWN[1]:
            evidence = alert.details.get("evidence", {}) if alert else {}
            yield Score(end, alert.score if alert else 0.0, {name: part["counted"] for name, part in evidence.items()})


def sensitive(detector: Detector) -> Detector:
    """The same detector with a threshold that everything meets."""
    if isinstance(detector, EvidenceDetector):
        return replace(detector, threshold=LEAST)
    if isinstance(detector, RobustDetector):
        return replace(detector, rules=replace(detector.rules, threshold=LEAST))
    raise TypeError(f"{detector.name} has no threshold that could be lowered")


def write_example(name: str, alert: Alert) -> None:
    """Put the explanation of the picture's alert into the detector's page."""
    page = PAGES / f"{name.replace('_', '-')}.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(
        re.sub(r"```explain\n.*?```", lambda _: example(alert), text, count=1, flags=re.DOTALL), encoding="utf-8"
    )


def example(alert: Alert) -> str:
    """The block of a page that explains an alert."""
    return "\n".join(["```explain", *explain(alert), "```"])


if __name__ == "__main__":
    main()
