"""What the series scorer finds, what it leaves alone, and that it never looks ahead."""

import math
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cryptostream_cli.main import app
from cryptostream_evaluation.nab.corpus import read_corpus
from cryptostream_evaluation.nab.run import benchmark
from cryptostream_score.scorer import DEFAULTS, score_rows
from cryptostream_score.series import Row, read_rows
from cryptostream_score.tail import TailRarity
from harness.shared_data import shared_data

STEP = 300.0
COLD = 2 * DEFAULTS.warm_up


def rows_of(values: list[float]) -> list[Row]:
    return [Row(str(number * STEP), number * STEP, value) for number, value in enumerate(values)]


def scores_of(values: list[float]) -> list[float]:
    return [score for _, score in score_rows(rows_of(values))]


def noise(count: int, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).normal(10.0, 1.0, count).tolist()


def test_an_outlier_stands_out() -> None:
    values = noise(1_500)
    values[1_200] = 30.0
    scores = scores_of(values)
    assert scores[1_200] == max(scores) > 0.6


def test_an_event_is_told_once() -> None:
    values = noise(1_500)
    values[1_200:1_230] = [30.0] * 30
    scores = scores_of(values)
    assert scores[1_200] > 0.6
    assert max(scores[1_201:1_230]) == 0.0


def test_a_daily_rhythm_is_no_anomaly_and_a_missing_peak_is_one() -> None:
    day = [10.0 + 8.0 * math.sin(2 * math.pi * slot / 288) for slot in range(288)]
    values = (np.array(day * 14) + np.random.default_rng(2).normal(0, 0.5, 288 * 14)).tolist()
    ordinary = scores_of(values)
    skipped = [*values]
    skipped[288 * 12 : 288 * 12 + 144] = [10.0] * 144
    assert max(scores_of(skipped)[288 * 12 : 288 * 12 + 144]) > 1.3 * max(ordinary[288 * 7 :])


def test_a_shift_too_small_for_a_single_row_shows_in_their_mean() -> None:
    values = noise(3_000)
    values[2_500:] = [value + 2.5 for value in values[2_500:]]
    scores = scores_of(values)
    assert max(scores[2_500:2_530]) > 0.5


def test_nothing_is_told_in_the_warm_up_nor_of_a_flat_line() -> None:
    assert set(scores_of([*noise(COLD - 2), 1e9])) == {0.0}
    assert set(scores_of([5.0] * 1_000)) == {0.0}


@settings(deadline=None, max_examples=30)
@given(st.integers(COLD, 400), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.integers(0, 5))
def test_what_comes_later_changes_no_score(cut: int, later: list[float], seed: int) -> None:
    values = noise(400, seed)
    assert scores_of([*values[:cut], *later])[:cut] == scores_of(values)[:cut]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(math.nan)), max_size=300))
def test_scores_lie_between_0_and_1(values: list[float]) -> None:
    assert all(0.0 <= score <= 1.0 for score in scores_of([*noise(COLD), *values]))


def test_scores_do_not_depend_on_the_unit_of_the_values() -> None:
    values = noise(800)
    values[700] = 40.0
    assert scores_of([value * 1024 for value in values]) == pytest.approx(scores_of(values))


def test_a_missing_value_scores_0_and_teaches_nothing() -> None:
    values = noise(600)
    rows = rows_of(values)
    holed = [*rows[:400], Row("x", rows[399].time, math.nan), *rows[400:]]
    scores = [score for _, score in score_rows(holed)]
    assert scores[400] == 0.0
    assert [*scores[:400], *scores[401:]] == pytest.approx(scores_of(values))


def test_rarity_counts_up_to_the_quantile_and_extrapolates_beyond() -> None:
    tail = TailRarity(0.95, 1_000, 100)
    for number in range(100):
        tail.add(float(number))
    assert tail.of(50.0) == pytest.approx(-math.log10(0.5))
    # Values 95 to 99 exceed the quantile by 2 on average: each 2 ln 10 beyond it are ten times rarer.
    assert tail.of(95.0 + 2 * math.log(10)) == pytest.approx(-math.log10(0.05) + 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time,value\n1,2\n", "timestamp and value"),
        ("timestamp,value\nyesterday,2\n", "line 2.*yesterday"),
        ("timestamp,value\n1,2\n2,high\n", "line 3.*high"),
        ("timestamp,value\n1\n", "line 2"),
        ("", "first line"),
    ],
)
def test_a_file_that_is_no_series_is_refused_by_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(read_rows(StringIO(text), "series.csv"))


def test_the_command_writes_the_same_rows_with_a_score(tmp_path: Path) -> None:
    values = noise(400)
    values[350] = 50.0
    source = tmp_path / "series.csv"
    source.write_text("timestamp,value\n" + "".join(f"{n * 60},{value}\n" for n, value in enumerate(values)))
    printed = CliRunner().invoke(app, ["score", str(source)])
    assert printed.exit_code == 0
    header, *lines = printed.stdout.splitlines()
    assert header == "timestamp,value,anomaly_score"
    assert [line.split(",")[0] for line in lines] == [str(n * 60) for n in range(400)]
    assert max(range(400), key=lambda n: float(lines[n].split(",")[2])) == 350
    streamed = CliRunner().invoke(app, ["score", "-"], input=source.read_text())
    assert streamed.stdout == printed.stdout
    refused = CliRunner().invoke(app, ["score", str(tmp_path / "absent.csv")])
    assert (refused.exit_code, "absent.csv" in refused.stderr) == (2, True)


def test_the_benchmark_files_score_50_or_more_with_one_setting() -> None:
    standard, low_false_positives, low_false_negatives = benchmark(read_corpus(shared_data("nab")))
    assert standard.windows == 57
    assert standard.score >= 50
    assert low_false_positives.score >= 40
    assert low_false_negatives.score >= 50
