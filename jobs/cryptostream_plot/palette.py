"""Marks of alerts, the same in both renderers, and the page's colours in the dark.

Hollow and filled bodies and the marks' shapes say once more without colour what colour says.
"""

from collections.abc import Sequence
from typing import Literal

from cryptostream_model.palette import DOWN, GAP, GRID, HISTORY, INK, MUTED, PAPER, UP, VWAP

Shape = Literal["triangle", "square", "diamond", "circle", "pentagon", "star", "hexagon"]
_SHAPES: dict[str, Shape] = {
    "price_spike": "triangle",
    "volume_surge": "square",
    "volatility_burst": "diamond",
    "price_jump": "circle",
    "trade_surge": "pentagon",
    "pump_start": "star",
    "range_burst": "hexagon",
}
_FURTHER: tuple[Shape, ...] = ("circle", "pentagon", "star")
SEVERITY_SCALE = {"info": 1.0, "warning": 1.25, "critical": 1.55}
"""How much larger a mark is for its severity."""


def shapes(detectors: Sequence[str]) -> dict[str, Shape]:
    """A mark's shape for each detector: the usual ones as ever, further ones in order of their names."""
    others = sorted(set(detectors) - set(_SHAPES))
    return _SHAPES | {name: _FURTHER[number % len(_FURTHER)] for number, name in enumerate(others)}


LINK = "#1f66b5"
DARK = {
    LINK: "#7db5f0",
    INK: "#f0f2f5",
    MUTED: "#a4adb9",
    GRID: "#2c323b",
    HISTORY: "#20262f",
    GAP: "#7b8594",
    PAPER: "#15181d",
}
"""What a page of dark preference shows in place of the neutral colours; data keeps its own."""

NAMES = {
    "up": UP,
    "down": DOWN,
    "vwap": VWAP,
    "ink": INK,
    "muted": MUTED,
    "grid": GRID,
    "history": HISTORY,
    "gap": GAP,
    "paper": PAPER,
    "link": LINK,
}
"""The colours by the names of the page's variables."""
