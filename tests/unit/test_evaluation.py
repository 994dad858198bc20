"""How detectors are measured: sizes, seeds, what counts as a hit, and figures with known results."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cryptostream_evaluation.__main__ import main
from cryptostream_evaluation.alarms import Alarm, FoundEvent, TapeOutcome, judge_alarms, spaced
from cryptostream_evaluation.naive import RULES, naive_alarms
from cryptostream_evaluation.plan import (
    DAY,
    FIRST_SEED,
    FULL,
    GRACE,
    LIVE_START,
    WARM_UP,
    Extent,
    TapePlan,
    plans,
)
from cryptostream_evaluation.run import GEOMETRY, judge_tape
from cryptostream_evaluation.sizes import PRICE_EVENTS, SIZES, SizeRange
from cryptostream_evaluation.statistics import bootstrap, share
from cryptostream_evaluation.summary import summarize, upper_half, with_thresholds
from cryptostream_evaluation.tape import draw_panes, pane_volatility
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_simulator.events import SECOND
from harness.market_windows import market_window, ordinary_windows

PLAN = TapePlan("events", "ADAUSDT", 1)


def told(plan: TapePlan, number: int, after: float, detector: str = "any") -> Alarm:
    """An alarm so many seconds after the onset of an event."""
    return Alarm(detector, LIVE_START + int((plan.events[number].start + after) * SECOND))


def test_a_third_of_the_sizes_lies_in_the_lowest_quarter() -> None:
    sizes = SizeRange(4.0, 30.0, "pane volatilities")
    random = np.random.default_rng(1)
    drawn = [sizes.draw(random) for _ in range(6_000)]
    shares = np.bincount([sizes.quarter(size) for size in drawn], minlength=4) / len(drawn)
    assert shares == pytest.approx([1 / 3, 2 / 9, 2 / 9, 2 / 9], abs=0.02)
    assert (min(drawn), max(drawn)) == (pytest.approx(4, abs=0.1), pytest.approx(30, abs=0.1))


def test_published_sizes_are_those_that_were_fixed_before_tuning() -> None:
    assert {kind: (each.least, each.largest) for kind, each in SIZES.items()} == {
        "price_spike": (4, 30),
        "flash_crash": (4, 30),
        "pump_and_dump": (4, 30),
        "volume_surge": (3, 20),
        "volatility_burst": (3, 12),
    }


def test_seeds_of_tuning_and_report_never_meet() -> None:
    huge = Extent(quiet_days=400, event_days=400)
    tuning, report = ({plan.seed for plan in plans(split, huge)} for split in FIRST_SEED)
    assert not tuning & report
    for split in FIRST_SEED:
        kinds = [{plan.seed for plan in plans(split, huge) if plan.kind == kind} for kind in ("quiet", "events")]
        assert not kinds[0] & kinds[1]


def test_the_full_run_has_200_quiet_symbol_days() -> None:
    assert sum(plan.seconds for plan in plans("report", FULL) if plan.kind == "quiet") >= 200 * DAY


def test_events_take_turns_and_do_not_touch_each_other() -> None:
    events = PLAN.events
    assert len(events) == 24
    assert {sum(event.type == kind for event in events) for kind in SIZES} <= {4, 5}
    for before, after in pairwise(events):
        assert after.start - before.start - before.seconds > GRACE + 300
    assert TapePlan("quiet", "ADAUSDT", 1).events == ()


def test_a_tape_begins_with_its_warm_up_and_covers_its_day() -> None:
    plan = TapePlan("quiet", "SOLUSDT", 5, seconds=600)
    panes = draw_panes(plan, GEOMETRY)
    assert panes[0].start == LIVE_START - WARM_UP * SECOND
    assert panes[-1].start == LIVE_START + 590 * SECOND
    assert len(panes) == (WARM_UP + 600) // 10
    assert panes == draw_panes(plan, GEOMETRY)


def test_price_events_are_as_large_as_planned_in_measured_pane_volatilities() -> None:
    plan = TapePlan("events", "SHIBUSDT", 4, seconds=3_600)
    (event,) = plan.events
    assert event.type in PRICE_EVENTS
    onset = LIVE_START + event.start * SECOND
    prices = [
        float(price)
        for pane in draw_panes(plan, GEOMETRY)
        if onset - 20 * SECOND <= pane.start <= onset + event.seconds * SECOND
        for price in (pane.high, pane.low)
        if price is not None
    ]
    volatility = pane_volatility("SHIBUSDT", GEOMETRY)
    assert math.log(max(prices) / min(prices)) / volatility == pytest.approx(event.size, abs=4)


def test_an_alarm_from_the_onset_until_after_the_end_is_a_hit() -> None:
    last = PLAN.events[3].seconds + GRACE
    alarms = [told(PLAN, 3, 0), told(PLAN, 3, last), told(PLAN, 3, -1), told(PLAN, 3, last + 1)]
    outcome = judge_alarms(PLAN, "rule", alarms)
    assert [event.delay for event in outcome.events if event.delay is not None] == [0.0]
    assert outcome.false == (alarms[2], alarms[3])


def test_each_detectors_first_alarm_gives_its_delay() -> None:
    outcome = judge_alarms(PLAN, "rule", [told(PLAN, 0, 30, "b"), told(PLAN, 0, 12, "a"), told(PLAN, 0, 40, "a")])
    assert outcome.events[0].delays == {"a": 12.0, "b": 30.0}
    assert outcome.events[0].delay == 12.0
    assert outcome.false == ()


def test_a_withdrawn_alarm_counts_and_one_of_the_warm_up_does_not() -> None:
    quiet = TapePlan("quiet", "ADAUSDT", 1)
    alarms = [Alarm("any", LIVE_START - 1), Alarm("any", LIVE_START + 5, withdrawn=True)]
    assert judge_alarms(quiet, "rule", alarms).false == (alarms[1],)


def outcome_of(hits: int, events: int, false: int, kind: str = "events") -> TapeOutcome:
    """A tape on which the detector found so many of the events, each after 20 s, and was wrong so often."""
    found = tuple(FoundEvent("price_spike", 29.0, {"d": 20.0} if n < hits else {}) for n in range(events))
    wrong = tuple(Alarm("d", LIVE_START + n) for n in range(false))
    right = tuple(Alarm("d", LIVE_START + DAY * SECOND // 2 + n) for n in range(hits))
    return TapeOutcome(TapePlan("quiet" if kind == "quiet" else "events", "X", 1), "r", found, wrong + right, wrong)


def test_figures_of_a_constructed_outcome() -> None:
    figures = summarize("r", [outcome_of(8, 10, 2), outcome_of(0, 0, 3, "quiet"), outcome_of(0, 0, 1, "quiet")])
    assert figures.recall.value == 0.8
    assert figures.precision.value == 0.8
    assert figures.f1.value == pytest.approx(0.8)
    assert figures.false_alarms.value == 2.0
    assert figures.delay.value == 20.0


def test_figures_of_a_rule_that_never_fires() -> None:
    figures = summarize("r", [outcome_of(0, 10, 0), outcome_of(0, 0, 0, "quiet")])
    assert (figures.recall.value, figures.f1.value, figures.false_alarms.value) == (0.0, 0.0, 0.0)
    assert math.isnan(figures.precision.value)
    assert figures.delay.text() == "-"


def test_higher_thresholds_leave_the_stronger_alarms() -> None:
    weak, strong = (replace(told(PLAN, number, 5), strength=strength) for number, strength in ((0, 1.2), (1, 2.5)))
    outcome = judge_alarms(PLAN, "rule", [weak, strong])
    found = [
        [event.delay is not None for event in with_thresholds([outcome], factor)[0].events] for factor in (1, 2, 3)
    ]
    assert [sum(each) for each in found] == [2, 1, 0]
    assert found[1][1]


def test_the_upper_half_holds_large_events_only() -> None:
    small = FoundEvent("volume_surge", 5.0)
    large = FoundEvent("volume_surge", 12.0)
    assert upper_half([TapeOutcome(PLAN, "r", (small, large), (), ())]) == [large]


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    figure = share(9, 10)
    assert (figure.low, figure.high) == (pytest.approx(0.596, abs=1e-3), pytest.approx(0.982, abs=1e-3))
    assert share(0, 0).text() == "-"
    assert share(10, 10).high == pytest.approx(1.0)


def test_the_bootstrap_is_seeded_and_covers_the_mean() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 100).tolist()
    figure = bootstrap(values, lambda drawn: sum(drawn) / len(drawn))
    assert figure == bootstrap(values, lambda drawn: sum(drawn) / len(drawn))
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * 0.2, rel=0.3)


def test_firing_windows_in_a_row_are_one_alarm() -> None:
    assert spaced([1, 2, 3, 10, 30, 31], 9) == [1, 30]
    assert spaced([], 9) == []


@pytest.mark.parametrize("name", RULES)
def test_naive_rules_fire_on_what_they_are_made_for(name: str) -> None:
    windows = ordinary_windows(300)
    first = LIVE_START - windows[200].end
    assert first > 0  # the fixed mean is taken before the day that counts
    windows[280] = market_window(280, log_return=0.06, quote_volume=20_000.0)
    alarms = naive_alarms(name, windows, GEOMETRY)
    assert windows[280].end + GEOMETRY.allowed_lateness in {alarm.told for alarm in alarms}


def test_one_tape_is_judged_by_every_rule() -> None:
    outcomes = judge_tape(TapePlan("events", "ADAUSDT", 1, seconds=3_600), DetectorSettings())
    assert [outcome.rule for outcome in outcomes] == ["CryptoStream", *RULES]
    assert {outcome.plan for outcome in outcomes} == {TapePlan("events", "ADAUSDT", 1, seconds=3_600)}


def test_the_quick_form_writes_the_whole_report(tmp_path: Path) -> None:
    command = typer.Typer()
    command.command()(main)
    options = ["--quick", "--workers", "1", "--output", str(tmp_path), "--nab", str(tmp_path / "absent")]
    result = CliRunner().invoke(command, options)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "detection-results.md").read_text()
    for head in (
        "## Tapes",
        "## Goals",
        "## Beside the rules",
        "## By type of event",
        "## False alarms",
        "Not measured",
    ):
        assert head in text
    assert {path.name for path in (tmp_path / "images" / "detection").iterdir()} == {"rules.png", "recall.png"}
