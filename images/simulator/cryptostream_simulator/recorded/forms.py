"""The exchanges whose words a recording may hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptostream_simulator.recorded import binance, coinbase
from cryptostream_simulator.recorded.columns import RecordedTrade


@dataclass(frozen=True, slots=True)
class ExchangeForm:
    """How to read one exchange's frames and REST answers."""

    name: str
    stream_trade: Callable[[Any, str | None], RecordedTrade | None]
    rest_trade: Callable[[str, Any, str], RecordedTrade]


FORMS = {
    module.NAME: ExchangeForm(module.NAME, module.stream_trade, module.rest_trade) for module in (binance, coinbase)
}
