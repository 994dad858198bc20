"""Defaults on two seeded days of a market with clustered volatility and fat tails: few false alarms, events found."""

import math
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from cryptostream_job.compose import compose_window
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Window
from harness.market_windows import FIRST_END, GEOMETRY, STREAM, end_of, folded, last_of_each, pane_between

DAYS = 2
SEEDS = (21, 22, 23)
PANES_A_DAY = 8_640
PANE_VOLATILITY = 0.6 * math.sqrt(10 / 31_557_600)
PANES_A_WINDOW = GEOMETRY.window // GEOMETRY.pane
WINDOW_VOLATILITY = PANE_VOLATILITY * math.sqrt(PANES_A_WINDOW)
EVENT = 300
"""Number of the window that events fill, well past the warm-up."""
UP_TO_EVENT = (end_of(EVENT) - FIRST_END) // GEOMETRY.pane + PANES_A_WINDOW


def market(
    seed: int, count: int, *, move: float = 0.0, volume_factor: float = 1.0, volatility_factor: float | None = None
) -> list[Window]:
    """Windows of a market of ``count`` panes, with an event in the window EVENT alone.

    Returns are GARCH(1,1) with six degrees of freedom at 60 % a year, volumes autocorrelated, log-normal and higher
    where volatility is. ``move`` is added to the event's log return, ``volume_factor`` raises its volumes,
    ``volatility_factor`` makes its volatility that many times the market's mean.
    """
    random = np.random.default_rng(seed)
    shocks = random.standard_t(6, count) * math.sqrt(4 / 6)
    noise = random.normal(size=(2, count))
    first = (end_of(EVENT) - GEOMETRY.window - FIRST_END) // GEOMETRY.pane
    event = range(first, first + PANES_A_WINDOW)
    panes, price, variance, level = [], 50_000.0, PANE_VOLATILITY**2, 0.0
    opening = Decimal("50000.00")
    for number in range(count):
        change = math.sqrt(variance) * float(shocks[number])
        level = 0.95 * level + math.sqrt(1 - 0.95**2) * float(noise[0, number])
        volume = 1e5 * math.exp(
            0.4 * level + 0.45 * float(noise[1, number]) + math.log(variance / PANE_VOLATILITY**2) / 2
        )
        variance = 0.01 * PANE_VOLATILITY**2 + 0.05 * change**2 + 0.94 * variance
        if number in event:
            if volatility_factor is not None:
                change = volatility_factor * PANE_VOLATILITY * float(shocks[number])
            change += move / PANES_A_WINDOW
            volume *= volume_factor
        price *= math.exp(change)
        closing = Decimal(f"{price:.2f}")
        panes.append(pane_between(number, opening, closing, volume))
        opening = closing
    step = GEOMETRY.slide // GEOMETRY.pane
    return [
        compose_window(
            panes[stop - PANES_A_WINDOW : stop], GEOMETRY, FIRST_END + stop * GEOMETRY.pane, "BTCUSDT", "binance"
        )
        for stop in range(PANES_A_WINDOW, count + 1, step)
    ]


def test_on_an_ordinary_market_each_detector_raises_less_than_one_alert_a_day() -> None:
    detectors = build_detectors(DetectorSettings(), GEOMETRY, STREAM)
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
    detectors = build_detectors(DetectorSettings(), GEOMETRY, STREAM)
    for seed in SEEDS:
        found = last_of_each(folded(market(seed, UP_TO_EVENT, **event), detectors)[1], detector)
        hits = [alert for alert in found if end_of(EVENT - 3) <= alert.window_end <= end_of(EVENT)]
        assert len(hits) == 1, (seed, found)
