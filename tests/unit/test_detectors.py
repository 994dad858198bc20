"""What fires, what does not, and what one event becomes: the detectors over closed windows."""

import copy
import json
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.detectors.base import Detector
from cryptostream_job.detectors.fold import fold_closed, initial_states
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Window
from harness.market_windows import (
    GEOMETRY,
    SENSITIVE,
    SHORT,
    STREAM,
    detectors_of,
    end_of,
    folded,
    last_of_each,
    market_window,
    ordinary_windows,
)

CALM = ordinary_windows(30)
OVERLAPPING = 3
"""Windows before one that overlap it: window / slide - 1."""

EVENTS: dict[str, dict[str, Any]] = {
    "price_spike": {"log_return": 0.02},
    "volume_surge": {"quote_volume": 20_000.0},
    "volatility_burst": {"volatility": 0.02},
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_detector_finds_its_event_and_only_its_own(name: str) -> None:
    _, alerts = folded([*CALM, market_window(30, **EVENTS[name])])
    (alert,) = alerts
    assert (alert.detector, alert.state, alert.ended) == (name, "confirmed", None)
    assert (alert.window_end, alert.last_window_end) == (end_of(30), end_of(30))
    assert alert.score >= alert.threshold


def test_a_price_spike_is_found_in_both_directions() -> None:
    for log_return, direction in ((0.02, "up"), (-0.02, "down")):
        _, (alert,) = folded([*CALM, market_window(30, log_return=log_return)])
        assert alert.details["direction"] == direction
        assert alert.details["value"] == pytest.approx(log_return, rel=1e-8)


def test_five_times_the_usual_volume_and_volatility_and_eight_times_the_usual_return_are_found() -> None:
    event = market_window(260, log_return=8 * 0.0005, quote_volume=5_000.0, volatility=0.005)
    detectors = build_detectors(DetectorSettings.model_validate(SENSITIVE), GEOMETRY, STREAM)
    _, alerts = folded([*ordinary_windows(260), event], detectors)
    assert {(alert.detector, alert.window_end) for alert in alerts} == {(name, end_of(260)) for name in EVENTS}


def test_a_drop_of_volume_or_volatility_is_no_alert() -> None:
    assert folded([*CALM, market_window(30, quote_volume=1e-6, volatility=1e-9)])[1] == []


def test_the_score_is_the_robust_z_of_the_windows_that_do_not_overlap() -> None:
    _, (alert,) = folded([*CALM, market_window(30, quote_volume=20_000.0)])
    assert alert.details["baselineWindows"] == 30 - OVERLAPPING
    expected = (math.log(20_000.0) - alert.details["median"]) / alert.details["scale"]
    assert alert.score == pytest.approx(expected, rel=1e-7)
    assert alert.details["ratio"] == pytest.approx(20_000.0 / math.exp(alert.details["median"]), rel=1e-7)


@given(st.lists(st.sampled_from([1e-3, 1.0, 1e6, 1e9]), min_size=OVERLAPPING, max_size=OVERLAPPING))
def test_windows_that_overlap_the_one_under_test_do_not_move_its_score(volumes: list[float]) -> None:
    before = CALM[: 30 - OVERLAPPING]
    between = [market_window(30 - OVERLAPPING + k, quote_volume=volume) for k, volume in enumerate(volumes)]
    detectors = detectors_of(threshold=900)
    sure = detectors_of(threshold=0.001, rearm_ratio=1.0)
    volume = next(detector for detector in sure if detector.name == "volume_surge")
    states, _ = fold_closed(detectors, initial_states(detectors), [], [*before, *between])
    alert = volume.provisional(states["volume_surge"], market_window(30, quote_volume=5_000.0))
    calm_states, _ = fold_closed(detectors, initial_states(detectors), [], CALM)
    calm = volume.provisional(calm_states["volume_surge"], market_window(30, quote_volume=5_000.0))
    assert alert is not None
    assert alert == calm


def test_nothing_fires_in_the_warm_up() -> None:
    wild: dict[str, Any] = {"log_return": 0.5, "quote_volume": 1e9, "volatility": 0.5}
    last_cold = SHORT["warm_up_windows"] + OVERLAPPING - 1
    assert folded([*CALM[:last_cold], market_window(last_cold, **wild)])[1] == []
    warm = folded([*CALM[: last_cold + 1], market_window(last_cold + 1, **wild)])[1]
    assert {alert.detector for alert in warm} == set(EVENTS)


def test_an_event_of_several_windows_is_one_alert_that_moves_and_ends() -> None:
    hot = [market_window(30 + k, quote_volume=volume) for k, volume in enumerate((8e3, 9e4, 4e4, 2e4))]
    calm = ordinary_windows(10, seed=2, first=34)
    _, changes = folded([*CALM, *hot, *calm])
    (alert,) = last_of_each(changes)
    assert [change.last_window_end for change in changes] == [end_of(k) for k in (30, 31, 32, 33, 33)]
    assert (alert.window_end, alert.last_window_end) == (end_of(30), end_of(33))
    assert alert.ended == end_of(33 + SHORT["cooldown_windows"])
    assert alert.details["peakWindowEnd"] == end_of(31)
    assert alert.score == max(change.score for change in changes)
    assert alert.severity == "critical"


def test_a_second_rise_within_the_cooldown_is_the_same_event_and_a_later_one_is_another() -> None:
    rise: dict[str, Any] = {"quote_volume": 30_000.0}
    cooldown = SHORT["cooldown_windows"]

    def alerts_with_a_pause_of(windows: int) -> int:
        tape = [*CALM, market_window(30, **rise), *ordinary_windows(windows, seed=3, first=31)]
        return len(last_of_each(folded([*tape, market_window(31 + windows, **rise)])[1]))

    assert alerts_with_a_pause_of(cooldown - 1) == 1
    assert alerts_with_a_pause_of(cooldown) == 2


def test_an_event_may_pause_more_than_once() -> None:
    rise: dict[str, Any] = {"quote_volume": 30_000.0}
    hot = {30, 32, 34, 36, 38}
    calm = {window.end: window for window in ordinary_windows(9, seed=8, first=30)}
    tape = [market_window(k, **rise) if k in hot else calm[end_of(k)] for k in range(30, 39)]
    (alert,) = last_of_each(folded([*CALM, *tape])[1])
    assert (alert.last_window_end, alert.ended) == (end_of(38), None)


def test_between_the_two_levels_an_episode_goes_on_but_none_opens() -> None:
    detectors = detectors_of(threshold=4.0, rearm_ratio=0.5, scale_floor=1.0)
    between = math.exp(3.0)
    tape = [market_window(k) for k in range(30)]
    assert folded([*tape, market_window(30, quote_volume=1_000 * between)], detectors)[1] == []
    hot = market_window(30, quote_volume=1_000 * math.exp(5.0))
    _, changes = folded(
        [*tape, hot, *(market_window(k, quote_volume=1_000 * between) for k in range(31, 36))], detectors
    )
    assert [change.last_window_end for change in changes] == [end_of(k) for k in range(30, 36)]
    assert {change.score for change in changes} == {5.0}


def test_values_of_an_episode_stay_out_of_the_baseline() -> None:
    hot = [market_window(30 + k, quote_volume=50_000.0) for k in range(12)]
    calm = ordinary_windows(20, seed=4, first=42)
    again = market_window(62, quote_volume=50_000.0)
    first, second = last_of_each(folded([*CALM, *hot, *calm, again])[1])
    assert second.score > 0.8 * first.score


def test_a_level_that_stays_becomes_the_new_normal() -> None:
    higher = [
        replace(window, quote_volume=window.quote_volume * 30) for window in ordinary_windows(200, seed=5, first=30)
    ]
    alerts = last_of_each(folded([*CALM, *higher])[1])
    assert len(alerts) <= 2
    assert all(alert.ended is not None for alert in alerts)
    assert alerts[0].ended == end_of(30 + SHORT["longest_episode_windows"] - 1)
    surge = market_window(230, quote_volume=30 * 1_000.0 * 30)
    assert len(last_of_each(folded([*CALM, *higher, surge])[1])) == len(alerts) + 1


def test_the_baseline_holds_the_latest_windows_only() -> None:
    _, (alert,) = folded([*ordinary_windows(100, seed=9), market_window(100, log_return=0.05)])
    assert alert.details["baselineWindows"] == SHORT["baseline_windows"]


def test_windows_without_trades_neither_fire_nor_teach() -> None:
    empty = [market_window(30 + k, trades=0) for k in range(60)]
    spike = market_window(90, quote_volume=20_000.0)
    _, (alert,) = folded([*CALM, *empty, spike])
    assert alert.details["baselineWindows"] == len(CALM)


def test_an_episode_ends_in_a_halt() -> None:
    hot = market_window(30, log_return=0.05)
    _, changes = folded([*CALM, hot, *(market_window(31 + k, trades=0) for k in range(10))])
    (alert,) = last_of_each(changes)
    assert alert.ended == end_of(30 + SHORT["cooldown_windows"])
    assert alert.price == hot.close


def test_windows_with_missing_ids_are_judged_but_do_not_teach() -> None:
    holed = [market_window(30 + k, quote_volume=1.0, missing=500) for k in range(60)]
    _, changes = folded([*CALM, *holed, market_window(90, quote_volume=1_500.0)])
    assert changes == []
    _, (alert,) = folded([*CALM, market_window(30, quote_volume=20_000.0, missing=3)])
    assert alert.details["missingIds"] == 3


def test_a_healed_gap_raises_nothing() -> None:
    tape = ordinary_windows(60, seed=6)
    healed = [replace(w, backfilled_trades=w.trades) if 30 <= k < 40 else w for k, w in enumerate(tape)]
    assert folded(healed) == folded(tape)
    assert folded(healed)[1] == []


def test_an_unfillable_gap_raises_no_price_alert() -> None:
    tape = ordinary_windows(60, seed=7)
    holed = [market_window(k, trades=0, missing=100) if 30 <= k < 36 else w for k, w in enumerate(tape)]
    assert folded(holed)[1] == []


def test_an_alert_is_backfilled_when_most_trades_of_its_opening_window_are() -> None:
    for backfilled, expected in ((50, False), (51, True)):
        opening = market_window(30, log_return=0.05, backfilled=backfilled)
        later = market_window(31, log_return=0.05, backfilled=100 - backfilled)
        _, changes = folded([*CALM, opening, later])
        assert {change.backfilled for change in changes} == {expected}


def test_severity_follows_the_ratio_of_score_and_threshold() -> None:
    detectors = detectors_of(threshold=4.0, scale_floor=1.0)
    tape = [market_window(k) for k in range(30)]
    for score, severity in ((4.5, "info"), (7.0, "warning"), (13.0, "critical")):
        _, (alert,) = folded([*tape, market_window(30, quote_volume=1_000 * math.exp(score))], detectors)
        assert alert.severity == severity
        assert alert.score == pytest.approx(score, rel=1e-8)


def test_a_pair_that_stands_still_does_not_fire_at_its_first_small_move() -> None:
    still = [market_window(k, volatility=0.0) for k in range(60)]
    assert folded([*still, market_window(60, log_return=0.001, volatility=0.001)])[1] == []


def test_a_few_trades_make_no_volatility() -> None:
    assert folded([*CALM, market_window(30, volatility=0.05, trades=5)])[1] == []


def test_a_partial_window_that_already_exceeds_opens_what_its_closing_confirms() -> None:
    for detector in detectors_of():
        states, _ = fold_closed([detector], {}, [], CALM)
        partial = market_window(30, **EVENTS[detector.name])
        opened = detector.provisional(states[detector.name], partial)
        assert opened is not None
        assert opened.state == "open"
        _, (confirmed,) = detector.step(states[detector.name], partial)
        assert confirmed == replace(opened, state="confirmed")


def test_while_an_episode_lasts_an_open_window_opens_nothing() -> None:
    for detector in detectors_of():
        states, _ = fold_closed([detector], {}, [], [*CALM, market_window(30, **EVENTS[detector.name])])
        assert detector.provisional(states[detector.name], market_window(31, **EVENTS[detector.name])) is None


market: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    log_return=st.sampled_from([0.0, 0.0003, -0.0004, 0.02, -0.05]),
    quote_volume=st.sampled_from([800.0, 1_000.0, 1_300.0, 50_000.0]),
    volatility=st.sampled_from([0.0, 0.0008, 0.001, 0.03]),
    trades=st.sampled_from([0, 5, 100]),
    missing=st.sampled_from([0, 0, 0, 7]),
    backfilled=st.sampled_from([0, 60]),
)
tapes = st.lists(market, max_size=40).map(
    lambda rows: [*CALM[:15], *(market_window(15 + k, **row) for k, row in enumerate(rows))]
)


@given(tapes, st.data())
def test_a_state_stored_as_json_in_the_middle_changes_nothing(tape: list[Window], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(tape)))
    detectors = detectors_of()
    whole_states, whole = folded(tape, detectors)
    states, before = folded(tape[:cut], detectors)
    stored = {each.name: json.loads(json.dumps(each.stored(states[each.name]))) for each in detectors}
    restored = {each.name: each.restored(stored[each.name]) for each in detectors}
    assert restored == states
    after_states, after = fold_closed(detectors, restored, [], tape[cut:])
    assert (before + after, after_states) == (whole, whole_states)


@given(tapes)
def test_judging_a_window_changes_no_given_state(tape: list[Window]) -> None:
    detectors = detectors_of()
    states, _ = folded(tape[:-1], detectors)
    kept = copy.deepcopy(states)
    for detector in detectors:
        detector.provisional(states[detector.name], tape[-1])
        detector.step(states[detector.name], tape[-1])
    assert states == kept


@given(tapes)
def test_alerts_are_consistent_over_their_life(tape: list[Window]) -> None:
    changes = folded(tape)[1]
    for alert in last_of_each(changes):
        life = [change for change in changes if change.id == alert.id]
        assert life[0].window_end == life[0].last_window_end or life[0].ended is not None
        assert all(change.ended is None for change in life[:-1])
        assert [change.score for change in life] == sorted(change.score for change in life)
        assert all(change.score >= change.threshold for change in life)
    assert_no_overlap(tape, detectors_of())


def assert_no_overlap(tape: list[Window], detectors: list[Detector]) -> None:
    """Episodes of one detector do not overlap."""
    changes = folded(tape, detectors)[1]
    for detector in detectors:
        alerts = last_of_each(changes, detector.name)
        for earlier, later in pairwise(alerts):
            assert earlier.ended is not None
            assert earlier.ended < later.window_end


def test_windows_out_of_order_or_of_two_symbols_are_refused() -> None:
    with pytest.raises(ValueError, match="after"):
        folded([CALM[1], CALM[0]])
    with pytest.raises(ValueError, match="ETHUSDT"):
        folded([CALM[0], replace(CALM[1], symbol="ETHUSDT")])
