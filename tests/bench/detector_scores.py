"""False alarms a day and share of events found, of the default detectors on the seeded synthetic market.

PYTHONPATH=tests python tests/bench/detector_scores.py
"""

from collections import Counter
from typing import Any

from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from harness.market_windows import GEOMETRY, STREAM, end_of, folded, last_of_each
from harness.synthetic_market import EVENT, PANES_A_DAY, UP_TO_EVENT, WINDOW_VOLATILITY, market

DAYS = 2
SEEDS = range(21, 41)
EVENTS: list[tuple[str, str, dict[str, Any]]] = [
    *(("price_spike", f"move of {n} window volatilities", {"move": n * WINDOW_VOLATILITY}) for n in (6, 8, 10, 12)),
    *(("volume_surge", f"volume x {n}", {"volume_factor": float(n)}) for n in (5, 8, 12)),
    *(("volatility_burst", f"volatility x {n}", {"volatility_factor": float(n)}) for n in (5, 8, 12)),
]


def main() -> None:
    detectors = build_detectors(DetectorSettings(), GEOMETRY, STREAM)
    alarms: Counter[str] = Counter()
    for seed in SEEDS:
        alarms.update(alert.detector for alert in last_of_each(folded(market(seed, DAYS * PANES_A_DAY), detectors)[1]))
    for detector in detectors:
        print(
            f"{detector.name}: {alarms[detector.name] / (DAYS * len(SEEDS)):.2f} alerts a symbol-day without an event"
        )
    for name, event, effect in EVENTS:
        found = 0
        for seed in SEEDS:
            alerts = last_of_each(folded(market(seed, UP_TO_EVENT, **effect), detectors)[1], name)
            found += any(end_of(EVENT - 3) <= alert.window_end <= end_of(EVENT) for alert in alerts)
        print(f"{name}, {event}: found {found} of {len(SEEDS)}")


if __name__ == "__main__":
    main()
