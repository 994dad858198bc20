"""Closed windows of one symbol by what a detector measures in them: return, quote volume, volatility."""

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from cryptostream_job.detectors.base import Detector, DetectorState
from cryptostream_job.detectors.fold import fold_closed, initial_states
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Alert, Geometry, Pane, Window

SECOND = 1_000_000
GEOMETRY = Geometry(pane=10 * SECOND, slide=30 * SECOND, window=120 * SECOND, allowed_lateness=5 * SECOND)
STREAM = "default/local"
FIRST_END = 1_700_000_040 * SECOND
SHORT = {"baseline_windows": 40, "warm_up_windows": 8, "cooldown_windows": 3, "longest_episode_windows": 20}
"""A baseline for tests that takes 40 windows, warm after 8."""
SENSITIVE = {
    "price_spike": {"threshold": 7.0},
    "volume_surge": {"threshold": 4.0},
    "volatility_burst": {"threshold": 4.5},
}
"""Detectors over windows that find events of half the size that the defaults find."""
WITHOUT_PANES = {name: {"enabled": False} for name in ("price_jump", "trade_surge", "pump_start", "range_burst")}
"""Settings without the detectors over panes."""


def end_of(number: int) -> int:
    """End of the window with that number, UTC microseconds."""
    return FIRST_END + number * GEOMETRY.slide


def market_window(
    number: int,
    *,
    log_return: float = 0.0,
    quote_volume: float = 1_000.0,
    volatility: float = 0.001,
    trades: int = 100,
    missing: int = 0,
    backfilled: int = 0,
) -> Window:
    """The window with that number. ``trades`` of 0 gives an empty one."""
    end = end_of(number)
    opening = Decimal(50_000)
    empty = trades == 0
    closing = opening * Decimal(repr(math.exp(log_return)))
    return Window(
        symbol="BTCUSDT",
        exchange="binance",
        start=end - GEOMETRY.window,
        end=end,
        trades=trades,
        first_id=None if empty else 1,
        last_id=None if empty else trades,
        open=None if empty else opening,
        high=None if empty else max(opening, closing),
        low=None if empty else min(opening, closing),
        close=None if empty else closing,
        mean_price=None if empty else 50_000.0,
        stddev_price=None if empty else 1.0,
        vwap=None if empty else 50_000.0,
        realized_volatility=None if empty else volatility,
        volume=0.0 if empty else quote_volume / 50_000,
        quote_volume=0.0 if empty else quote_volume,
        taker_buy_volume=0.0,
        taker_buy_quote_volume=0.0,
        rush_orders=0,
        rush_volume=0.0,
        rush_buy_orders=0,
        late_trades=0,
        missing_ids=missing,
        backfilled_trades=backfilled,
    )


def ordinary_windows(count: int, seed: int = 1, first: int = 0) -> list[Window]:
    """Normal returns of 5 basis points, log-normal volumes and volatilities, nothing remarkable."""
    random = np.random.default_rng(seed)
    return [
        market_window(
            first + number,
            log_return=float(random.normal(0, 0.0005)),
            quote_volume=float(random.lognormal(math.log(1_000), 0.2)),
            volatility=float(random.lognormal(math.log(0.001), 0.15)),
        )
        for number in range(count)
    ]


def detectors_of(**each: object) -> list[Detector]:
    """All detectors over windows with SHORT settings at SENSITIVE thresholds, or with the given ones."""
    settings = {name: {**SHORT, **threshold, **each} for name, threshold in SENSITIVE.items()}
    return build_detectors(
        DetectorSettings.model_validate({**settings, **WITHOUT_PANES}),
        GEOMETRY,
        STREAM,
    )


def folded(
    windows: Sequence[Window], detectors: Sequence[Detector] | None = None
) -> tuple[dict[str, DetectorState], list[Alert]]:
    """The states after the windows, and every alert change they raise."""
    detectors = detectors or detectors_of()
    return fold_closed(detectors, initial_states(detectors), [], windows)


def last_of_each(alerts: Sequence[Alert], detector: str | None = None) -> list[Alert]:
    """The latest form of each alert, in order of opening."""
    latest = {alert.id: alert for alert in alerts if detector in (None, alert.detector)}
    return list(latest.values())


def renumbered(window: Window, number: int) -> Window:
    """The same market in another window."""
    return replace(window, start=end_of(number) - GEOMETRY.window, end=end_of(number))


def pane_between(number: int, opening: Decimal, closing: Decimal, quote_volume: float) -> Pane:
    """A pane of ten trades that moves from one price to another."""
    start = FIRST_END + number * GEOMETRY.pane
    return Pane(
        symbol="BTCUSDT",
        exchange="binance",
        start=start,
        trades=10,
        first_id=number * 10,
        last_id=number * 10 + 9,
        open=opening,
        high=max(opening, closing),
        low=min(opening, closing),
        close=closing,
        mean_price=float(opening + closing) / 2,
        m2_price=0.0,
        volume=quote_volume / float(opening),
        quote_volume=quote_volume,
        taker_buy_volume=0.0,
        taker_buy_quote_volume=0.0,
        rush_orders=0,
        rush_volume=0.0,
        rush_buy_orders=0,
        late_trades=0,
        missing_ids=0,
        backfilled_trades=0,
        first_clock=start,
        clock=start + GEOMETRY.pane - 1,
        partition=0,
    )
