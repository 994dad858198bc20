"""The simulated exchange, which keeps its own time: a pipeline that is slow does not slow it down."""

from bench.plan import SYMBOLS
from harness.simulator import RunningSimulator


def open_market(rate: float, seed: int, history: str) -> RunningSimulator:
    """``rate``: trades a second, all symbols together. ``history``: how long before its start it has traded."""
    return RunningSimulator(
        symbols=",".join(f"{symbol}:{rate / len(SYMBOLS):g}" for symbol in SYMBOLS),
        seed=seed,
        burstiness=0,
        history=history,
        # The history at high rates is more than an exchange would give within a minute.
        weight_limit=1_000_000,
    )
