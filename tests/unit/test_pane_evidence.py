"""Detectors that add up evidence over panes: what fires, what does not, and that batches do not matter."""

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream_job.detectors.base import pane_detectors
from cryptostream_job.detectors.evidence.detector import EvidenceDetector, EvidenceState
from cryptostream_job.detectors.evidence.fading import FadingNorm, FadingRules
from cryptostream_job.detectors.evidence.recent import SPAN
from cryptostream_job.detectors.registry import build_detectors
from cryptostream_job.detectors.settings import DetectorSettings
from cryptostream_job.model import Alert, Pane
from harness.market_windows import GEOMETRY, STREAM, pane_between

PANES = 500
EVENT = 420
SIGMA = 0.0005
DETECTORS = {
    detector.name: detector
    for detector in pane_detectors(build_detectors(DetectorSettings(), GEOMETRY, STREAM))
    if isinstance(detector, EvidenceDetector)
}


def ordinary(count: int = PANES, seed: int = 1, **event: Any) -> list[Pane]:
    """Panes of normal returns and Poisson trades. ``event`` changes the panes from EVENT on: ``panes`` of them get
    factors on ``trades`` and ``size``, a ``move`` of the log price in all, a share of ``buys``, a wider ``range``."""
    random = np.random.default_rng(seed)
    length = event.get("panes", 1)
    level, made = math.log(50_000.0), []
    for number in range(count):
        hot = EVENT <= number < EVENT + length
        change = {key: event[key] for key in event} if hot else {}
        trades = 1 + int(random.poisson(40 * change.get("trades", 1.0)))
        opening = level
        level += float(random.normal(0, SIGMA)) + change.get("move", 0.0) / length
        reach = SIGMA * float(random.uniform(0.3, 0.6)) * change.get("range", 1.0)
        share = float(np.clip(random.normal(0.5, 0.05), 0, 1)) if "buys" not in change else change["buys"]
        quote = trades * 1_000.0 * math.exp(float(random.normal(0, 0.1))) * change.get("size", 1.0)
        pane = pane_between(number, _price(opening), _price(level), quote)
        made.append(
            replace(
                pane,
                trades=trades,
                high=_price(max(opening, level) + reach),
                low=_price(min(opening, level) - reach),
                taker_buy_quote_volume=share * quote,
            )
        )
    return made


def _price(log_price: float) -> Decimal:
    return Decimal(f"{math.exp(log_price):.4f}")


def empty(pane: Pane, missing: int = 0) -> Pane:
    prices = dict.fromkeys(("open", "high", "low", "close", "mean_price", "m2_price", "first_id", "last_id"))
    return replace(pane, trades=0, quote_volume=0.0, taker_buy_quote_volume=0.0, missing_ids=missing, **prices)  # type: ignore[arg-type]


def folded(detector: EvidenceDetector, panes: Sequence[Pane]) -> tuple[EvidenceState, list[Alert]]:
    state, alerts = detector.initial_state(), []
    for pane in panes:
        state, raised = detector.step(state, pane)
        alerts += raised
    return state, alerts


EVENTS: dict[str, dict[str, Any]] = {
    "price_jump": {"move": 12 * SIGMA},
    "trade_surge": {"panes": 3, "trades": 4.0, "size": 3.0},
    "pump_start": {"panes": 6, "trades": 4.0, "buys": 0.95, "move": 10 * SIGMA},
    "range_burst": {"panes": 6, "range": 15.0},
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_finds_its_event_within_its_panes(name: str) -> None:
    _, alerts = folded(DETECTORS[name], ordinary(**EVENTS[name]))
    assert {alert.id for alert in alerts} == {alerts[0].id}
    begin = ordinary()[EVENT].start
    assert begin < alerts[0].window_end <= begin + EVENTS[name].get("panes", 1) * GEOMETRY.pane
    assert alerts[0].score >= alerts[0].threshold
    assert alerts[-1].ended is not None


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_ordinary_market_raises_nothing(name: str, seed: int) -> None:
    assert folded(DETECTORS[name], ordinary(2_000, seed))[1] == []


def test_many_trades_of_the_usual_size_and_large_trades_of_the_usual_number_are_no_surge() -> None:
    for event in ({"trades": 4.0}, {"size": 1.5}):
        assert folded(DETECTORS["trade_surge"], ordinary(panes=3, **event))[1] == []


def test_nothing_fires_in_the_warm_up() -> None:
    for name, event in EVENTS.items():
        begin = EVENT - DETECTORS[name].warm_up + event.get("panes", 1) + SPAN
        assert folded(DETECTORS[name], ordinary(**event)[begin : EVENT + 10])[1] == []


def test_an_event_is_one_alert_that_keeps_its_peak_and_ends() -> None:
    detector = DETECTORS["pump_start"]
    _, changes = folded(detector, ordinary(**EVENTS["pump_start"]))
    assert [change.score for change in changes] == sorted(change.score for change in changes)
    assert all(change.ended is None for change in changes[:-1])
    last = changes[-1]
    assert last.ended == last.last_window_end + detector.cooldown * GEOMETRY.pane
    assert set(last.details["evidence"]) == {"trades6", "move6", "side6"}


def test_prices_are_not_compared_across_missing_ids_or_a_halt() -> None:
    calm, moved = ordinary(), ordinary(move=0.05)
    after = moved[EVENT].close
    for absent in (
        [empty(calm[EVENT], missing=50)],
        [replace(moved[EVENT], missing_ids=50, open=after, high=after, low=after)],
        [empty(pane) for pane in calm[EVENT : EVENT + 6]],
        [empty(pane) for pane in calm[EVENT : EVENT + 10]],
    ):
        tape = [*calm[:EVENT], *absent, *moved[EVENT + len(absent) :]]
        for name in ("price_jump", "pump_start", "range_burst"):
            assert folded(DETECTORS[name], tape)[1] == [], name


def test_an_episode_ends_while_nothing_is_traded() -> None:
    tape = ordinary(**EVENTS["price_jump"])
    halted = [*tape[: EVENT + 1], *(empty(pane) for pane in tape[EVENT + 1 :])]
    assert folded(DETECTORS["price_jump"], halted)[1][-1].ended is not None


def test_units_of_price_and_volume_do_not_matter() -> None:
    tape = ordinary(**EVENTS["trade_surge"])
    dearer = [
        replace(
            pane,
            quote_volume=pane.quote_volume * 1024,
            taker_buy_quote_volume=pane.taker_buy_quote_volume * 1024,
            **{name: getattr(pane, name) * 1024 for name in ("open", "high", "low", "close")},
        )
        for pane in tape
    ]
    for detector in DETECTORS.values():
        scores = [[alert.score for alert in folded(detector, panes)[1]] for panes in (tape, dearer)]
        assert scores[0] == pytest.approx(scores[1], rel=1e-6)


@pytest.mark.parametrize("name", EVENTS)
def test_an_open_pane_that_exceeds_opens_what_its_closing_confirms(name: str) -> None:
    detector, tape = DETECTORS[name], ordinary(**EVENTS[name])
    opening = folded(detector, tape)[1][0]
    at = next(number for number, pane in enumerate(tape) if pane.start == opening.window_start)
    state, _ = folded(detector, tape[:at])
    kept = copy.deepcopy(state)
    assert detector.provisional(state, tape[at]) == replace(opening, state="open")
    assert state == kept
    state, _ = detector.step(state, tape[at])
    assert detector.provisional(state, tape[at + 1]) is None


tapes = st.builds(
    lambda seed, name, factor, holes: [
        empty(pane, missing=3) if number in holes else pane
        for number, pane in enumerate(ordinary(seed=seed, **(EVENTS[name] | {"trades": factor})))
    ],
    st.integers(0, 5),
    st.sampled_from(sorted(EVENTS)),
    st.sampled_from([1.0, 3.0, 8.0]),
    st.sets(st.integers(400, 440), max_size=4),
)


@settings(max_examples=15, deadline=None)
@given(tapes, st.integers(0, PANES))
def test_a_state_stored_as_json_in_the_middle_changes_nothing(tape: list[Pane], cut: int) -> None:
    for detector in DETECTORS.values():
        whole_state, whole = folded(detector, tape)
        state, before = folded(detector, tape[:cut])
        restored = detector.restored(json.loads(json.dumps(detector.stored(state))))
        assert restored == state
        after = []
        for pane in tape[cut:]:
            restored, raised = detector.step(restored, pane)
            after += raised
        assert (before + after, restored) == (whole, whole_state)


def test_a_norm_is_taught_by_values_that_lie_behind_only() -> None:
    rules = FadingRules(centre_memory=10, spread_memory=10, held=2)
    norm = FadingNorm()
    for value in (1.0, 3.0, 100.0, 100.0):
        norm = norm.taught(value, rules)
    assert (norm.centre, norm.count) == (2.0, 2)
    assert FadingNorm.from_json(json.loads(json.dumps(norm.to_json()))) == norm


def test_a_norm_follows_a_new_level_at_the_pace_of_its_memory() -> None:
    rules = FadingRules(centre_memory=10, spread_memory=10, held=0)
    norm = FadingNorm()
    for value in [0.0] * 50 + [1.0] * 10:
        norm = norm.taught(value, rules)
    assert norm.centre == pytest.approx(1 - 0.9**10)
