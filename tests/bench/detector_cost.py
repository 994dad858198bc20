"""What detection costs in a batch: milliseconds for symbols whose newest pane has grown, and how it grows with them.

PYTHONPATH=tests python tests/bench/detector_cost.py
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cryptostream_job.closing import open_window_ends
from cryptostream_job.compose import compose_window
from cryptostream_job.detectors.fold import fold_closed, initial_states, provisional_alerts
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from harness.market_windows import GEOMETRY, STREAM
from harness.stored_market import market_panes

COUNTS = (100, 300, 1_000)
ROUNDS = 7
WARM_PANES = 900
"""Two and a half hours: every baseline is full."""


def main() -> None:
    detectors = build_detectors(DetectorSettings(), GEOMETRY, STREAM)
    panes = market_panes("BTCUSDT", WARM_PANES)
    ends = range(panes[0].start + GEOMETRY.window, panes[-1].start + GEOMETRY.pane + 1, GEOMETRY.slide)
    windows = [compose_window(panes, GEOMETRY, end - end % GEOMETRY.slide, "BTCUSDT", "binance") for end in ends]
    closed, closing = windows[:-1], windows[-1]
    states, _ = fold_closed(detectors, initial_states(detectors), panes[:-1], closed)
    looked_at = open_window_ends(GEOMETRY, panes[0].start, closing.end, closed[-1].end)
    open_windows = [replace(closing, start=end - GEOMETRY.window, end=end) for end in looked_at]
    print("symbols  a batch that closes nothing  one that closes a pane of each   one that closes a pane and a window")
    for count in COUNTS:
        look = timed(partial(provisional_alerts, detectors, states, panes[-1:], open_windows), count)
        pane = timed(partial(fold_closed, detectors, states, panes[-1:], []), count)
        both = timed(partial(fold_closed, detectors, states, panes[-1:], [closing]), count)
        print(f"{count:7}  {told(look, count)}  {told(pane, count)}  {told(both, count)}")


def told(milliseconds: float, count: int) -> str:
    return f"{milliseconds:8.2f} ms ({milliseconds / count * 100:.2f} per 100)"


def timed(action: Callable[[], object], count: int) -> float:
    """Milliseconds for an action on each of so many symbols, the median of several rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(count):
            action()
        rounds.append((time.perf_counter() - begin) * 1_000)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
