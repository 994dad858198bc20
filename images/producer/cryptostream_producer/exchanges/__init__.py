"""The exchanges that the producer speaks to, one module each."""

from cryptostream_producer.exchanges.base import Exchange
from cryptostream_producer.exchanges.binance import BINANCE
from cryptostream_producer.exchanges.coinbase import COINBASE

EXCHANGES: dict[str, Exchange] = {exchange.name: exchange for exchange in (BINANCE, COINBASE)}
"""Every known exchange by the name that settings and records use."""
