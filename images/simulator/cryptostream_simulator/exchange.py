"""The running exchange: what its handlers share."""

from dataclasses import dataclass, field

from cryptostream_simulator.faults import FaultBoard
from cryptostream_simulator.feed import Feed, Listener
from cryptostream_simulator.market import Market
from cryptostream_simulator.metrics import Metrics
from cryptostream_simulator.settings import SimulatorSettings
from cryptostream_simulator.wire import Wire


@dataclass(slots=True)
class Exchange:
    """Market, faults, live feed and open connections, and whose protocol is spoken."""

    settings: SimulatorSettings
    market: Market
    board: FaultBoard
    feed: Feed
    metrics: Metrics
    wire: Wire
    connections: set[Listener] = field(default_factory=set)


def open_exchange(settings: SimulatorSettings, market: Market, wire: Wire) -> Exchange:
    board = FaultBoard()
    return Exchange(settings, market, board, Feed(market, board), Metrics(), wire)
