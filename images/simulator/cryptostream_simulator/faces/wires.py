"""The known protocols by the name of their exchange."""

from cryptostream_simulator.faces.binance.wire import BINANCE
from cryptostream_simulator.faces.coinbase.wire import COINBASE
from cryptostream_simulator.wire import Wire

WIRES: dict[str, Wire] = {wire.name: wire for wire in (BINANCE, COINBASE)}
DEFAULT = BINANCE.name
