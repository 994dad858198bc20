"""Names, colours and places of the page."""

from collections.abc import Mapping

from bench.results import Pipeline

NAMES: Mapping[Pipeline, str] = {"ours": "CryptoStream", "naive": "naive"}
COLOURS: Mapping[Pipeline, str] = {"ours": "#2f7fd6", "naive": "#d9710f"}
IMAGES = "images/performance"
"""Folder of the pictures, beside the page."""
