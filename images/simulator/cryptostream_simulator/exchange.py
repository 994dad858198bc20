"""The running exchange: what its handlers share."""

import time
from dataclasses import dataclass, field

from cryptostream_simulator.connection import Connection
from cryptostream_simulator.faults import FaultBoard
from cryptostream_simulator.feed import Feed
from cryptostream_simulator.limits import SlidingLimit, WeightLimiter
from cryptostream_simulator.market import Market
from cryptostream_simulator.metrics import Metrics
from cryptostream_simulator.settings import SimulatorSettings

_ATTEMPTS_WINDOW = 300.0


@dataclass(slots=True)
class Exchange:
    """Market, faults, live feed, limits and open connections."""

    settings: SimulatorSettings
    market: Market
    board: FaultBoard
    feed: Feed
    weights: WeightLimiter
    metrics: Metrics
    connections: set[Connection] = field(default_factory=set)
    attempts: dict[str, SlidingLimit] = field(default_factory=dict)

    def may_connect(self, address: str) -> bool:
        """Count a connection attempt of an address against its limit."""
        if address not in self.attempts:
            limit = self.settings.connection_attempts
            self.attempts[address] = SlidingLimit(limit, _ATTEMPTS_WINDOW, time.monotonic)
        return self.attempts[address].allows()


def open_exchange(settings: SimulatorSettings, market: Market) -> Exchange:
    board = FaultBoard()
    limiter = WeightLimiter(settings.weight_limit, settings.ban_after, settings.ban.total_seconds(), time.time)
    feed = Feed(market, board)
    return Exchange(settings, market, board, feed, limiter, Metrics())
