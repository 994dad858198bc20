"""What colours mean on dashboards. Blue and orange, as in ``cryptostream plot``; never green against red."""

from cryptostream_model.palette import DOWN, GAP, MUTED, UP, VWAP

BANDS = "#8a8f99"
NEUTRAL = GAP
GOOD = UP
WARNING = "#e69f00"
CRITICAL = "#d55e00"
SEVERITIES = {"info": "#56b4e9", "warning": WARNING, "critical": CRITICAL}
STATES = {"open": WARNING, "confirmed": CRITICAL, "withdrawn": GAP}
DETECTORS = {"price_spike": "#0072b2", "volume_surge": "#e69f00", "volatility_burst": "#cc79a7"}
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", MUTED)
"""Okabe and Ito 2008, in the order in which neighbours are told apart best."""

__all__ = [
    "BANDS",
    "CRITICAL",
    "DETECTORS",
    "DOWN",
    "GOOD",
    "MUTED",
    "NEUTRAL",
    "SERIES",
    "SEVERITIES",
    "STATES",
    "UP",
    "VWAP",
    "WARNING",
]
