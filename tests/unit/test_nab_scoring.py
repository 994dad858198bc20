"""The benchmark's score on constructed cases whose result is known."""

import math

import numpy as np
import pytest

from cryptostream_evaluation.nab.scoring import (
    PROFILES,
    ScoredFile,
    position_weight,
    probation,
    row_weights,
    score_files,
)

ROWS = 1_000
"""Of which 150 are probation."""
WINDOWS = [(300, 399), (600, 649)]
STANDARD, LOW_FALSE_POSITIVES, LOW_FALSE_NEGATIVES = PROFILES


def scored(*rows: int, windows: list[tuple[int, int]] = WINDOWS) -> ScoredFile:
    """A file in which the detector fires at the given rows alone."""
    scores = np.zeros(ROWS)
    scores[list(rows)] = 1.0
    return ScoredFile(scores, windows)


def sigmoid(position: float) -> float:
    return 2 / (1 + math.exp(5 * position)) - 1


def test_a_perfect_detector_scores_100() -> None:
    for each in PROFILES:
        result = score_files([scored(300, 600)], each)
        assert result.score == pytest.approx(100.0)
        assert (result.detected, result.windows, result.false_rows, result.threshold) == (2, 2, 0, 1.0)


def test_a_detector_that_never_fires_scores_0() -> None:
    for each in PROFILES:
        result = score_files([ScoredFile(np.zeros(ROWS), WINDOWS)], each)
        assert (result.score, result.detected, result.threshold) == (0.0, 0, math.inf)


def test_a_detector_that_always_fires_is_no_better_than_one_that_never_does() -> None:
    assert score_files([ScoredFile(np.ones(ROWS), WINDOWS)], STANDARD).score == 0.0


def test_a_late_detection_pays_by_its_place_in_the_window() -> None:
    # The row in the middle of the window of 100 rows lies at -50/100, the last one at -1/100.
    for row, position in ((350, -0.5), (399, -0.01)):
        expected = 100 * (1 + sigmoid(position) / sigmoid(-1.0)) / 2
        assert score_files([scored(row, windows=WINDOWS[:1])], STANDARD).score == pytest.approx(expected)


def test_only_the_earliest_detection_of_a_window_pays() -> None:
    assert score_files([scored(350, 360, 399, 600)], STANDARD).score == pytest.approx(
        score_files([scored(350, 600)], STANDARD).score
    )


def test_a_noisy_detector_pays_for_every_row_outside() -> None:
    # Before any window a false row costs the whole weight: 0.11 of a span of 4 (two hits less two misses).
    noisy = score_files([scored(300, 600, 200, 210, 220)], STANDARD)
    assert noisy.score == pytest.approx(100 * (1 - 3 * 0.11 / 4))
    assert noisy.false_rows == 3
    assert score_files([scored(300, 600, 200, 210, 220)], LOW_FALSE_POSITIVES).score == pytest.approx(
        100 * (1 - 3 * 0.22 / 4)
    )


def test_a_false_row_shortly_after_a_window_costs_less_than_one_far_from_it() -> None:
    near = score_files([scored(300, 600, 400)], STANDARD).score
    assert near == pytest.approx(100 * (1 + 0.11 * sigmoid(1 / 99) / 4))
    # Three widths after the first window, 300 rows, would be past the start of the second one.
    far = score_files([scored(300, 600, 999)], STANDARD).score
    assert far == pytest.approx(100 * (1 - 0.11 / 4))


def test_a_missed_window_costs_twice_where_misses_are_feared() -> None:
    assert score_files([scored(300)], STANDARD).score == pytest.approx(50.0)
    # Null is -4, perfect 2; one hit and one miss are 1 - 2.
    assert score_files([scored(300)], LOW_FALSE_NEGATIVES).score == pytest.approx(100 * (-1 + 4) / 6)


def test_rows_of_the_probation_do_not_count() -> None:
    assert [probation(rows) for rows in (100, 1_000, 5_000, 20_000)] == [15, 150, 750, 750]
    assert score_files([scored(149, 300, 600)], STANDARD).score == pytest.approx(100.0)
    assert score_files([scored(150, 300, 600)], STANDARD).score == pytest.approx(100 * (1 - 0.11 / 4))


def test_one_threshold_serves_all_files() -> None:
    # In the second file noise reaches 0.6, higher than the hits of the first: no threshold serves both.
    quiet, loud = np.zeros(ROWS), np.zeros(ROWS)
    quiet[[300, 600]] = 0.5
    loud[[300, 600]] = 0.9
    loud[160:280] = 0.6
    apart = score_files([ScoredFile(quiet, WINDOWS)], STANDARD)
    together = score_files([ScoredFile(quiet, WINDOWS), ScoredFile(loud, WINDOWS)], STANDARD)
    assert apart.score == pytest.approx(100.0)
    assert together.score == pytest.approx(50.0)
    assert (together.threshold, together.detected) == (0.9, 2)


def test_the_threshold_is_the_best_of_all_that_could_be_chosen() -> None:
    random = np.random.default_rng(7)
    scores = random.choice([0.0, 0.25, 0.5, 0.75, 1.0], ROWS, p=[0.9, 0.05, 0.03, 0.01, 0.01])
    best = score_files([ScoredFile(scores, WINDOWS)], STANDARD)
    by_hand = []
    weights, window_of = row_weights(ROWS, WINDOWS)
    for threshold in (0.25, 0.5, 0.75, 1.0, math.inf):
        fires = (scores >= threshold) & (np.arange(ROWS) >= probation(ROWS))
        pays = [weights[fires & (window_of == number)].max(initial=-1.0) for number in range(len(WINDOWS))]
        by_hand.append(sum(pays) + 0.11 * weights[fires & (window_of < 0)].sum())
    assert best.score == pytest.approx(100 * (max(by_hand) + 2) / 4)


def test_positions_are_weighed_as_published() -> None:
    assert position_weight(np.array([-1.0, 0.0, 1.0, 3.0, 3.01])) == pytest.approx(
        [0.98661, 0.0, -0.98661, -0.9999994, -1.0], abs=1e-5
    )


def test_without_labelled_windows_there_is_no_score() -> None:
    with pytest.raises(ValueError, match="no labelled window"):
        score_files([ScoredFile(np.zeros(10), [])], STANDARD)
