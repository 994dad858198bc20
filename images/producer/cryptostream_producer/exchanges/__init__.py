"""The exchanges that the producer speaks to, one module each."""

from cryptostream_producer.exchanges.base import Exchange
from cryptostream_producer.exchanges.binance import BINANCE

EXCHANGES: dict[str, Exchange] = {BINANCE.name: BINANCE}
"""Every known exchange by the name that settings and records use."""
