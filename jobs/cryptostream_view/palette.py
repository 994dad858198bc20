"""Colours that tell apart for every kind of colour vision (Okabe and Ito, 2008); each also has a sign or a word.

Blue and orange stand for up and down; there is no red and no green.
"""

UP = "#56b4e9"
DOWN = "#e69f00"
HEADING = "bold"
FAINT = "dim"
PLAIN = ""
STRONG = "bold"
ALARM = "bold reverse"
SEVERITIES = {"info": "", "warning": "bold #e69f00", "critical": "bold reverse #e69f00"}
STATES = {"open": "bold #f0e442", "confirmed": "bold", "withdrawn": "dim"}


def direction_style(value: float | None) -> str:
    """Blue above zero, orange below, plain at zero."""
    if value is None or value == 0:
        return PLAIN
    return UP if value > 0 else DOWN
