"""The page of the benchmark, drawn from results."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.machine import Machine
from bench.plan import IDLE_RATE, SYMBOLS, Shape
from bench.report.figures import Figure, ratios
from bench.report.goals import judged
from bench.report.page import render
from bench.report.producing import highest
from bench.report.publishing import publish
from bench.results import Drained, Latency, Limits, Pipeline, Produced, Quantiles, Recovered, Results, load
from bench.stored import Stored
from bench.usage import Usage

USUAL = Shape()
USED = Usage(
    10.0,
    {"job": 5.0, "producer": 1.0, "broker": 0.5, "database": 0.5, "simulator": 1.0},
    {"job": 2**30, "producer": 2**26},
    0.2,
)
STORED = Stored(1_000, 2**20, 2**21)
MACHINE = Machine("a processor", 4, 8 * 2**30, "Linux", 0, {"PySpark": "4.2.0"})


def drained(pipeline: Pipeline, seconds: float, shape: Shape = USUAL, job_seconds: float = 5.0) -> Drained:
    used = replace(USED, processor_seconds={**USED.processor_seconds, "job": job_seconds})
    return Drained(pipeline, 1, shape, 1_000_000, 500_000, 10.0, seconds, seconds / 2, used, used, STORED)


def latency(pipeline: Pipeline, rate: int, p99: float) -> Latency:
    alert = Quantiles(5, 0.3, p99, 2.0) if pipeline == "ours" else None
    return Latency(pipeline, 1, rate, Quantiles(9, 0.2, p99, 2.0), alert, 3, USED, STORED)


def produced(rate: int, kept_up: bool, repeat: int = 1, pipeline: Pipeline = "ours") -> Produced:
    return Produced(pipeline, repeat, rate, rate, rate, kept_up, USED)


@pytest.fixture
def results() -> Results:
    return Results(
        MACHINE,
        "full",
        "2026-01-01T00:00:00+00:00",
        60.0,
        verified=2,
        drains=[drained("naive", 30.0), drained("ours", 10.0)],
        latencies=[
            latency(pipeline, rate, p99)
            for pipeline, p99 in (("ours", 0.5), ("naive", 10.0))
            for rate in (IDLE_RATE, 2_000)
        ]
        + [latency("ours", 5_000, 2.0)],
        recoveries=[Recovered("ours", 1, 2_000, 60.0, 12.0), Recovered("naive", 1, 2_000, 60.0, 24.0)],
        producers=[produced(10_000, True), produced(10_000, True, pipeline="naive")],
        limits=[Limits(1, 400_000, 200_000, 500_000, 300_000, 1e7, 1e5)],
        growth=[drained("ours", 4.0), drained("ours", 8.0, Shape(1_000, 4), job_seconds=15.0)],
    )


def test_a_figure_is_the_median_with_the_range() -> None:
    assert Figure.of([3.0, 1.0, 2_000.0]).text() == "3 (1 to 2,000)"
    assert Figure.of([2.0]).text(1) == "2.0"


def test_ratios_are_those_of_single_repetitions() -> None:
    assert ratios([10, 1], [20, 1]) == Figure(0.75, 0.5, 1.0)


def test_the_highest_rate_is_the_last_one_kept_up_in_each_repetition(results: Results) -> None:
    results.producers = [produced(8, True), produced(12, False), produced(10, True), produced(9, False, repeat=2)]
    assert [run.rate for run in highest(results, "ours")] == [10, 9]


def test_goals_are_judged_by_medians(results: Results) -> None:
    found = {goal.name: (goal.found, goal.met) for goal in judged(results)}
    assert found == {
        "backlog, start-up excluded: of the naive pipeline's rate": (3.0, True),
        "backlog, behind a running job: of the naive pipeline's rate": (3.0, True),
        "backlog, start-up excluded: of the rate of reading and parsing": (0.5, False),
        "backlog, behind a running job: of the rate of reading and parsing": (0.5, False),
        "latency to the row at 2,000 trades/s, p99: share of the naive one's": (0.05, True),
        "latency to the row at 2,000 trades/s, p99": (0.5, True),
        "latency to the row at 5,000 trades/s, p99": (2.0, False),
        "trades a processor second of the producer": (100_000, True),
        "cores that the idle pipeline keeps busy": (0.7, False),
        "cost of a trade with 250 times the symbols": (3.0, True),
    }


def test_the_page_tells_of_everything_measured(results: Results) -> None:
    page = render(results)
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == [
        "# Performance",
        "## Goals",
        "## The machine",
        "## The naive pipeline",
        "## A backlog",
        "## Latency",
        "### What it takes",
        "### What is stored",
        "### Recovery",
        "## The producer",
        "## The limits",
        "## Symbols and partitions",
        "## What was tried",
        "## Where the time goes",
    ]
    assert "| 2,000 | row, share of the naive one's | 1.000 | 0.050 | 1.000 |" in page
    assert "| seconds | 12.0 | 24.0 | 0.50 |" in page


@pytest.mark.parametrize("left_out", ["drains", "latencies", "recoveries", "producers", "limits", "growth"])
def test_the_page_leaves_out_what_was_not_measured(results: Results, left_out: str) -> None:
    whole = render(results)
    setattr(results, left_out, [])
    assert len(render(results)) < len(whole)


def test_results_are_read_back_from_what_is_published(results: Results, tmp_path: Path) -> None:
    page = publish(results, tmp_path)
    assert load(tmp_path / "performance.json") == results
    for line in page.read_text().splitlines():
        if line.startswith("!["):
            assert (tmp_path / line.partition("(")[2].rstrip(")")).stat().st_size > 0


def test_a_market_of_many_symbols_begins_with_the_usual_ones() -> None:
    symbols = Shape(1_000, 4).symbols
    assert symbols[:4] == SYMBOLS
    assert len(set(symbols)) == 1_000
    assert Shape(4, 1).symbols == SYMBOLS
