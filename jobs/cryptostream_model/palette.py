"""Colours, the same in pictures, on the terminal's pages and on dashboards.

Blue and orange are told apart with every common colour-vision deficiency (Okabe and Ito 2008) and contrast at least 3:1
with a white and with a dark page.
"""

UP = "#2f7fd6"
DOWN = "#d9710f"
VWAP = "#b5489a"
INK = "#1b1f24"
MUTED = "#5b6470"
GRID = "#e3e6ea"
HISTORY = "#eef1f5"
GAP = "#8d95a1"
PAPER = "#ffffff"
