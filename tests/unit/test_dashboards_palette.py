"""Colours that mean something are told apart with every common colour-vision deficiency."""

from itertools import combinations

import numpy as np
import pytest

from cryptostream_grafana.palette import CRITICAL, DOWN, GOOD, SEVERITIES, STATES, UP, VWAP, WARNING

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
SETS = {
    "directions": (UP, DOWN),
    "directions and average": (UP, DOWN, VWAP),
    "directions and judgements": (UP, DOWN, CRITICAL),
    "judgements": (GOOD, WARNING, CRITICAL),
    "severities": tuple(SEVERITIES.values()),
    "states": tuple(STATES.values()),
}
TOLD_APART = 20.0
"""CIE 1976 difference; what is just noticed is 2.3."""
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ @ np.ones(3)


def lab(colour: str, deficiency: str) -> np.ndarray:
    """What an eye sees of ``#rrggbb``, in CIE Lab."""
    coded = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(DEFICIENCIES[deficiency] @ linear, 0, 1)
    ratio = (_TO_XYZ @ seen) / _WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("name", SETS)
def test_colours_of_one_set_are_told_apart(name: str, deficiency: str) -> None:
    for one, other in combinations(SETS[name], 2):
        difference = float(np.linalg.norm(lab(one, deficiency) - lab(other, deficiency)))
        assert difference > TOLD_APART, (one, other)


def test_green_against_red_would_be_refused() -> None:
    difference = np.linalg.norm(lab("#73bf69", "deuteranopia") - lab("#d9a05b", "deuteranopia"))
    assert difference < TOLD_APART
