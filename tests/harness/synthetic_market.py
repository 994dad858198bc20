"""A seeded market with clustered volatility, fat tails and one event, as closed windows."""

import math
from decimal import Decimal

import numpy as np

from cryptostream_job.compose import compose_window
from cryptostream_job.model import Window
from harness.market_windows import FIRST_END, GEOMETRY, end_of, pane_between

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
