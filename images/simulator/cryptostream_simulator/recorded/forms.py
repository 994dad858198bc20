"""The exchanges whose words a recording may hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptostream_simulator.recorded import binance, coinbase
from cryptostream_simulator.recorded.columns import RecordedTrade


@dataclass(frozen=True, slots=True)
class ExchangeForm:
    """How to read one exchange's frames and REST answers."""

    name: str
    stream_trade: Callable[[Any, str | None], RecordedTrade | None]
    rest_trades: Callable[[str, Any, str], Iterator[RecordedTrade | None]]


FORMS = {
    module.NAME: ExchangeForm(module.NAME, module.stream_trade, module.rest_trades) for module in (binance, coinbase)
}
