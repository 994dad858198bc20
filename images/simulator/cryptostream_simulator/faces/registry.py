"""Which endpoints speak which exchange's protocol."""

from dataclasses import dataclass
from typing import Any

from cryptostream_simulator.faces.binance.rest import BinanceRest
from cryptostream_simulator.faces.binance.sockets import BinanceSockets
from cryptostream_simulator.faces.binance.wire import BINANCE
from cryptostream_simulator.faces.coinbase.rest import CoinbaseRest
from cryptostream_simulator.faces.coinbase.sockets import CoinbaseSockets
from cryptostream_simulator.faces.coinbase.wire import COINBASE
from cryptostream_simulator.rest import RestEndpoint
from cryptostream_simulator.websocket import WebSocketEndpoint


@dataclass(frozen=True, slots=True)
class Face:
    """One exchange's endpoints."""

    sockets: type[WebSocketEndpoint[Any]]
    rest: type[RestEndpoint]


FACES = {
    BINANCE.name: Face(BinanceSockets, BinanceRest),
    COINBASE.name: Face(CoinbaseSockets, CoinbaseRest),
}
