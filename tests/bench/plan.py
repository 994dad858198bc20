"""How much is measured."""

from dataclasses import dataclass

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT")
PARTITIONS = 4
MARKET_RATE = 1_000.0
"""Trades a second of exchange time in a backlog, all symbols together."""
MASTER = "local[2]"
"""Both jobs: as many threads as the local pipeline's has."""


_EAGER = {"threshold": 0.5, "warmUpWindows": 5, "baselineWindows": 5, "cooldownWindows": 1}
ALERTING = {"priceSpike": _EAGER, "volumeSurge": _EAGER, "volatilityBurst": _EAGER}
"""Detectors that have something to tell in many batches, so that the way of an alert can be measured."""
ALERTING_HISTORY = "2m"
"""Fills the baselines of those detectors, with the lengths of ALERTING_LENGTHS."""
ALERTING_LENGTHS = {"slide": "10s", "window": "20s"}


@dataclass(frozen=True, slots=True)
class Extent:
    """How much each measurement takes.

    ``repeats``: how often each is made. ``backlog``: trades that wait when a job starts. ``further``: trades that come
    while a job that has worked them off is stopped by a signal. ``rates``: trades a second at which latency is
    measured, all symbols together, for ``seconds`` after ``warm_up`` seconds. ``first_producer_rate``,
    ``last_producer_rate``: trades a second between which the highest that a producer keeps up with is looked for, each
    for ``producer_seconds``. ``limit_records``: records that the limits are measured with.
    """

    name: str
    repeats: int
    backlog: int
    further: int
    rates: tuple[int, ...]
    warm_up: float
    seconds: float
    first_producer_rate: int
    last_producer_rate: int
    producer_seconds: float
    limit_records: int


FULL = Extent(
    "full",
    repeats=3,
    backlog=3_000_000,
    further=1_000_000,
    rates=(1_000, 2_000, 5_000),
    warm_up=20.0,
    seconds=30.0,
    first_producer_rate=8_000,
    last_producer_rate=100_000,
    producer_seconds=10.0,
    limit_records=1_000_000,
)
QUICK = Extent(
    "quick",
    repeats=1,
    backlog=60_000,
    further=30_000,
    rates=(500,),
    warm_up=3.0,
    seconds=8.0,
    first_producer_rate=2_000,
    last_producer_rate=2_000,
    producer_seconds=3.0,
    limit_records=30_000,
)
"""Tries the way; its figures say nothing."""
