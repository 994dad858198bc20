"""Frames that exchanges have truly sent."""

import re

from harness.shared_data import shared_data

BINANCE_CAPTURES = ("BINANCE.ws.1.0", "BINANCE_US.ws.1.0", "BINANCE_FUTURES.ws.1.0", "BINANCE_DELIVERY.ws.1.0")


def captured_frames(name: str) -> list[bytes]:
    """The frames of a capture; lines of the client and of connections are left out."""
    lines = shared_data(f"captures/{name}").read_bytes().splitlines()
    return [match[1] for line in lines if (match := re.match(rb"[0-9.]+: (.*)", line))]
