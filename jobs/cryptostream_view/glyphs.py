"""Signs that a terminal can show: block characters where its encoding has them, ASCII elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """``levels`` of a sparkline from low to high; ``states`` marks an alert by the shape, not by colour alone.

    ``dots``: whether charts may be drawn with the dots of Braille cells.
    """

    levels: str
    up: str
    down: str
    rule: str
    divider: str
    dot: str
    states: tuple[tuple[str, str], ...]
    warning: str
    dots: bool

    def state(self, name: str) -> str:
        return dict(self.states)[name]


UNICODE = Glyphs(
    # Without the full block, so that lines one above the other do not run together.
    levels="▁▂▃▄▅▆▇",
    up="▲",
    down="▼",
    rule="─",
    divider="│",
    dot="·",
    states=(("open", "◇"), ("confirmed", "◆"), ("withdrawn", "✕")),
    warning="⚠",
    dots=True,
)
ASCII = Glyphs(
    levels="_.,-=+*#",
    up="^",
    down="v",
    rule="-",
    divider="|",
    dot="|",
    states=(("open", "o"), ("confirmed", "*"), ("withdrawn", "x")),
    warning="!",
    dots=False,
)


def glyphs_for(encoding: str) -> Glyphs:
    """Those that the encoding can hold."""
    return UNICODE if encoding.lower().replace("-", "").replace("_", "").startswith("utf") else ASCII


def sparkline(values: Sequence[float], width: int, levels: str) -> str:
    """The course of the values in at most ``width`` characters, the lowest one at the first level.

    Longer courses show the last value of each part; a flat one lies in the middle.
    """
    if not values or width <= 0:
        return ""
    count = min(width, len(values))
    shown = [values[(part + 1) * len(values) // count - 1] for part in range(count)]
    low, high = min(shown), max(shown)
    if high <= low:
        return levels[len(levels) // 2 - 1] * count
    return "".join(levels[min(len(levels) - 1, int((value - low) / (high - low) * len(levels)))] for value in shown)
