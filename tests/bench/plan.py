"""How much is measured."""

from dataclasses import dataclass

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT")
PARTITIONS = 4
IDLE_RATE = 1
"""Trades a second at which a pipeline counts as idle."""
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
class Shape:
    """How many symbols a market has and how many partitions its topic."""

    symbol_count: int = len(SYMBOLS)
    partitions: int = PARTITIONS

    @property
    def symbols(self) -> tuple[str, ...]:
        """The usual ones first, then made-up ones."""
        made_up = (f"C{number:04}USDT" for number in range(self.symbol_count - len(SYMBOLS)))
        return (*SYMBOLS[: self.symbol_count], *made_up)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much each measurement takes.

    ``repeats``: how often each is made. ``backlog``: trades that wait when a job starts. ``further``: trades that come
    while a job that has worked them off is stopped by a signal. ``rates``: trades a second at which latency is
    measured, all symbols together, for ``seconds`` after ``warm_up`` seconds; ``naive_rates``: those of them at which
    the naive pipeline is measured too. ``outage``: seconds without a job after it was killed, at ``outage_rate``.
    ``first_producer_rate``, ``last_producer_rate``: trades a second between which the highest that a producer keeps up
    with is looked for, each for ``producer_seconds``. ``limit_records``: records that the limits are measured with.
    ``growth``: the shapes that are compared, each with a backlog of ``growth_backlog`` trades twice, ``growth_repeats``
    times.
    """

    name: str
    repeats: int
    backlog: int
    further: int
    rates: tuple[int, ...]
    naive_rates: tuple[int, ...]
    warm_up: float
    seconds: float
    outage_rate: int
    outage: float
    first_producer_rate: int
    last_producer_rate: int
    producer_seconds: float
    limit_records: int
    growth: tuple[Shape, ...]
    growth_backlog: int
    growth_repeats: int


FULL = Extent(
    "full",
    repeats=3,
    backlog=3_000_000,
    further=1_000_000,
    rates=(2_000, 5_000, 1_000, IDLE_RATE),
    naive_rates=(2_000,),
    warm_up=20.0,
    seconds=30.0,
    outage_rate=2_000,
    outage=60.0,
    first_producer_rate=12_000,
    last_producer_rate=100_000,
    producer_seconds=10.0,
    limit_records=1_000_000,
    growth=(Shape(4, 4), Shape(100, 4), Shape(1_000, 4), Shape(4, 1), Shape(4, 2)),
    growth_backlog=200_000,
    growth_repeats=1,
)
QUICK = Extent(
    "quick",
    repeats=1,
    backlog=60_000,
    further=30_000,
    rates=(500,),
    naive_rates=(500,),
    warm_up=3.0,
    seconds=8.0,
    outage_rate=500,
    outage=3.0,
    first_producer_rate=2_000,
    last_producer_rate=2_000,
    producer_seconds=3.0,
    limit_records=30_000,
    growth=(Shape(20, 2),),
    growth_backlog=20_000,
    growth_repeats=1,
)
"""Tries the way; its figures say nothing."""
