"""Centre, scale and score: robust, floored, rounded."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.detectors.robust import norm_of, robust_z, round_significant

FLOOR = 0.001
finite = st.floats(-1e6, 1e6)


def test_of_normal_values_the_scale_is_their_standard_deviation() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 20_000).tolist()
    norm = norm_of(values, FLOOR)
    assert norm.centre == pytest.approx(5.0, abs=0.05)
    assert norm.scale == pytest.approx(2.0, rel=0.03)


def test_a_few_wild_values_move_neither_centre_nor_scale_much() -> None:
    values = np.random.default_rng(2).normal(0.0, 1.0, 240).tolist()
    calm, wild = norm_of(values, FLOOR), norm_of([*values[:-8], *[1e6] * 8], FLOOR)
    assert wild.centre == pytest.approx(calm.centre, abs=0.1)
    assert wild.scale < 1.3 * calm.scale


def test_equal_values_have_the_floor_as_their_scale() -> None:
    norm = norm_of([7.0] * 60, 0.25)
    assert (norm.centre, norm.scale) == (7.0, 0.25)
    assert robust_z(8.0, norm) == 4.0


def test_where_most_values_are_equal_one_step_of_the_series_is_no_outlier() -> None:
    tick = 0.01
    norm = norm_of([0.0] * 100 + [tick, -tick], FLOOR)
    assert abs(robust_z(tick, norm)) < 1


def test_a_series_that_moves_in_a_fifth_of_its_values_is_not_judged_by_the_rest() -> None:
    values = [0.0] * 80 + [0.05, -0.05] * 10 + [0.0001]
    assert abs(robust_z(0.05, norm_of(values, FLOOR))) < 2


@given(st.lists(finite, min_size=1, max_size=60), st.integers())
def test_the_norm_does_not_depend_on_the_order_of_values(values: list[float], seed: int) -> None:
    shuffled = random.Random(seed).sample(values, len(values))
    assert norm_of(shuffled, FLOOR) == norm_of(values, FLOOR)
    assert norm_of(values, FLOOR).scale >= FLOOR


@given(st.lists(finite, min_size=1, max_size=60), finite)
def test_a_score_is_finite_and_signed_like_the_distance(values: list[float], value: float) -> None:
    norm = norm_of(values, FLOOR)
    score = robust_z(value, norm)
    assert math.isfinite(score)
    assert score * (value - norm.centre) >= 0


def test_sums_in_another_order_give_the_same_score() -> None:
    assert round_significant(0.1 + 0.2 + 0.3) == round_significant(0.3 + 0.2 + 0.1)
    assert str(round_significant(-0.0)) == "0.0"
    assert round_significant(123456.7894) == 123456.789
