"""Coinbase's names."""

import re

from cryptostream_simulator.stream_faults import StreamKey
from cryptostream_simulator.tape import Feed

MATCHES = "matches"
HEARTBEAT = "heartbeat"


class CoinbaseWire:
    """Each fill is a trade of its own."""

    name = "coinbase"
    feeds: dict[str, Feed] = {MATCHES: "trade"}  # noqa: RUF012 - never changed
    symbol_pattern = re.compile(r"[A-Z0-9]{1,20}-[A-Z0-9]{2,20}")
    symbol_form = "base and quote currency in upper case with a hyphen, as in BTC-USD"
    default_symbols = "BTC-USD,ETH-USD,SOL-USD,XRP-USD"


COINBASE = CoinbaseWire()


def stream_name(channel: str, product: str) -> str:
    """How a connection's subscription is listed: ``matches:BTC-USD``."""
    return f"{channel}:{product}"


def stream_key(channel: str, product: str) -> StreamKey | None:
    """The tape's stream behind a channel; None for channels without trades."""
    feed = COINBASE.feeds.get(channel)
    return None if feed is None else StreamKey(product, feed)
