"""Binance's names."""

import re

from cryptostream_simulator.stream_faults import StreamKey
from cryptostream_simulator.tape import FEEDS, Feed


class BinanceWire:
    name = "binance"
    feeds: dict[str, Feed] = {feed: feed for feed in FEEDS}  # noqa: RUF012 - never changed
    symbol_pattern = re.compile(r"[A-Z0-9_]{2,30}")
    symbol_form = "2 to 30 upper-case letters, digits or '_', as in BTCUSDT"
    default_symbols = "BTCUSDT,ETHUSDT,SOLUSDT,BNBUSDT"


BINANCE = BinanceWire()


def stream_key(name: str, symbols: frozenset[str]) -> StreamKey | None:
    """The stream of a name such as ``btcusdt@aggTrade``; None for names without data, which the exchange accepts in
    silence."""
    symbol, _, feed = name.partition("@")
    known = BINANCE.feeds.get(feed)
    if known is None or symbol != symbol.lower() or symbol.upper() not in symbols:
        return None
    return StreamKey(symbol.upper(), known)
