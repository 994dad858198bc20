"""What colours mean on dashboards. Blue and orange, as in ``cryptostream plot``; never green against red."""

from cryptostream_model.palette import DOWN, GAP, MUTED, UP, VWAP

BANDS = "#8a8f99"
NEUTRAL = GAP
GOOD = UP
WARNING = "#e69f00"
CRITICAL = "#d01c4b"
SEVERITIES = {"info": "#56b4e9", "warning": WARNING, "critical": CRITICAL}
STATES = {"open": WARNING, "confirmed": CRITICAL, "withdrawn": GAP}

__all__ = [
    "BANDS",
    "CRITICAL",
    "DOWN",
    "GOOD",
    "MUTED",
    "NEUTRAL",
    "SEVERITIES",
    "STATES",
    "UP",
    "VWAP",
    "WARNING",
]
