"""Colours and marks, the same in both renderers.

Blue and orange are told apart with every common colour-vision deficiency (Okabe and Ito 2008) and contrast at least 3:1
with a white and with a dark page; hollow and filled bodies say the same once more without colour.
"""

from collections.abc import Sequence
from typing import Literal

UP = "#2f7fd6"
DOWN = "#d9710f"
VWAP = "#b5489a"
INK = "#1b1f24"
MUTED = "#5b6470"
GRID = "#e3e6ea"
HISTORY = "#eef1f5"
GAP = "#8d95a1"
PAPER = "#ffffff"

Shape = Literal["triangle", "square", "diamond", "circle", "pentagon", "star"]
_SHAPES: dict[str, Shape] = {"price_spike": "triangle", "volume_surge": "square", "volatility_burst": "diamond"}
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
