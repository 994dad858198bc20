"""Colours that every kind of colour vision tells apart, after Okabe and Ito (2008), on dark and on light grounds.

Blue and orange stand for up and down; there is no red and no green, and each colour comes with a sign or a word.
"""

UP = "#2e8fdb"
DOWN = "#d97b00"
HEADING = "bold"
FAINT = "dim"
PLAIN = ""
STRONG = "bold"
ALARM = "bold reverse"
SEVERITIES = {"info": "", "warning": f"bold {DOWN}", "critical": f"bold reverse {DOWN}"}
STATES = {"open": "bold #c65f9e", "confirmed": "bold", "withdrawn": "dim"}


def direction_style(value: float | None) -> str:
    """Blue above zero, orange below, plain at zero."""
    if value is None or value == 0:
        return PLAIN
    return UP if value > 0 else DOWN
