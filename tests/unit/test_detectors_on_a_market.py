"""Seeded days of a market with clustered volatility and fat tails: windows give few false alarms, events are found."""

from collections import Counter
from typing import Any

import pytest

from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from harness.market_windows import GEOMETRY, SENSITIVE, STREAM, end_of, folded, last_of_each
from harness.synthetic_market import EVENT, PANES_A_DAY, UP_TO_EVENT, WINDOW_VOLATILITY, market

DAYS = 2
SEEDS = (21, 22, 23)
SETTINGS = DetectorSettings.model_validate(SENSITIVE)


def test_on_an_ordinary_market_each_detector_raises_less_than_one_alert_a_day() -> None:
    detectors = build_detectors(SETTINGS, GEOMETRY, STREAM)
    alarms: Counter[str] = Counter()
    for seed in SEEDS:
        alarms.update(alert.detector for alert in last_of_each(folded(market(seed, DAYS * PANES_A_DAY), detectors)[1]))
    per_day = {detector.name: alarms[detector.name] / (DAYS * len(SEEDS)) for detector in detectors}
    assert max(per_day.values()) < 1, per_day


@pytest.mark.parametrize(
    ("detector", "event"),
    [
        ("price_spike", {"move": 12 * WINDOW_VOLATILITY}),
        ("price_spike", {"move": -12 * WINDOW_VOLATILITY}),
        ("volume_surge", {"volume_factor": 12.0}),
        ("volatility_burst", {"volatility_factor": 8.0}),
    ],
)
def test_an_event_that_fills_a_window_is_found_at_once(detector: str, event: dict[str, Any]) -> None:
    detectors = build_detectors(SETTINGS, GEOMETRY, STREAM)
    for seed in SEEDS:
        found = last_of_each(folded(market(seed, UP_TO_EVENT, **event), detectors)[1], detector)
        hits = [alert for alert in found if end_of(EVENT - 3) <= alert.window_end <= end_of(EVENT)]
        assert len(hits) == 1, (seed, found)
