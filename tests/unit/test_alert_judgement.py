"""What of the detectors' alerts is published: open, confirmed, withdrawn, each change one revision."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.detectors.fold import (
    AlertChange,
    fold_closed,
    initial_states,
    judge,
    provisional_alerts,
)
from cryptostream_job.model import Alert, Window
from harness.market_windows import detectors_of, end_of, folded, last_of_each, market_window, ordinary_windows

CALM = ordinary_windows(15)
OPEN = Alert(
    id="a1",
    symbol="BTCUSDT",
    exchange="binance",
    detector="volume_surge",
    version=1,
    state="open",
    severity="info",
    score=5.0,
    threshold=4.0,
    window_start=end_of(26),
    window_end=end_of(30),
    last_window_end=end_of(30),
    ended=None,
    price=None,
    backfilled=False,
)
CONFIRMED = replace(OPEN, state="confirmed")
BEFORE, AT_END = end_of(29), end_of(30)


def test_a_new_open_alert_is_its_first_revision() -> None:
    assert judge({}, [], [OPEN], BEFORE) == [(OPEN, 1)]


def test_nothing_is_published_twice() -> None:
    assert judge({"a1": (OPEN, 1)}, [], [OPEN], BEFORE) == []
    assert judge({"a1": (CONFIRMED, 2)}, [CONFIRMED], [], AT_END) == []


def test_a_higher_score_moves_an_open_alert_and_a_lower_one_does_not() -> None:
    higher, lower = replace(OPEN, score=6.0), replace(OPEN, score=4.5)
    assert judge({"a1": (OPEN, 1)}, [], [higher], BEFORE) == [(higher, 2)]
    assert judge({"a1": (OPEN, 1)}, [], [lower], BEFORE) == []


def test_an_open_alert_stays_while_its_window_is_open() -> None:
    assert judge({"a1": (OPEN, 1)}, [], [], BEFORE) == []


def test_an_open_alert_whose_window_closes_without_it_is_withdrawn() -> None:
    assert judge({"a1": (OPEN, 3)}, [], [], AT_END) == [(replace(OPEN, state="withdrawn"), 4)]


def test_a_withdrawn_alert_is_not_withdrawn_again_but_may_reopen() -> None:
    withdrawn = replace(OPEN, state="withdrawn")
    assert judge({"a1": (withdrawn, 4)}, [], [], AT_END) == []
    assert judge({"a1": (withdrawn, 4)}, [], [OPEN], BEFORE) == [(OPEN, 5)]


def test_a_closed_window_confirms_an_open_alert() -> None:
    assert judge({"a1": (OPEN, 1)}, [CONFIRMED], [], AT_END) == [(CONFIRMED, 2)]


def test_several_steps_of_one_batch_are_one_revision() -> None:
    moved = replace(CONFIRMED, last_window_end=end_of(31))
    ended = replace(moved, ended=end_of(34))
    assert judge({}, [CONFIRMED, moved, ended], [], end_of(34)) == [(ended, 1)]


def test_a_provisional_look_never_takes_a_confirmation_back() -> None:
    assert judge({"a1": (CONFIRMED, 2)}, [], [replace(OPEN, score=50.0)], BEFORE) == []


market: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    log_return=st.sampled_from([0.0, 0.0003, -0.0004, 0.02, -0.05]),
    quote_volume=st.sampled_from([800.0, 1_000.0, 1_300.0, 50_000.0]),
    volatility=st.sampled_from([0.0, 0.0008, 0.001, 0.03]),
    trades=st.sampled_from([0, 100]),
)
tapes = st.lists(market, min_size=1, max_size=40).map(
    lambda rows: [*CALM, *(market_window(15 + k, **row) for k, row in enumerate(rows))]
)


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[list[Window], list[Window]]]:
    """A tape cut into batches, some without a closed window, most with a look at the open windows half way."""
    tape = draw(tapes)
    cuts = sorted(draw(st.lists(st.integers(0, len(tape)), max_size=12)))
    edges = [0, *cuts, len(tape)]
    parts = [tape[a:b] for a, b in pairwise(edges)]
    looks = []
    for edge in edges[1:]:
        looked = draw(st.lists(market, max_size=3))
        looks.append([market_window(edge + ahead, **values) for ahead, values in enumerate(looked)])
    return list(zip(parts, looks, strict=True))


def publish(run: list[tuple[list[Window], list[Window]]]) -> list[AlertChange]:
    """All revisions that a run of batches publishes, keeping between batches only what is unfinished."""
    detectors = detectors_of()
    states, through = initial_states(detectors), end_of(-1)
    known: dict[str, AlertChange] = {}
    published: list[AlertChange] = []
    for windows, look in run:
        states, confirmed = fold_closed(detectors, states, [], windows)
        through = windows[-1].end if windows else through
        provisional = provisional_alerts(detectors, states, [], look)
        changes = judge(known, confirmed, provisional, through)
        published += changes
        known |= {alert.id: (alert, revision) for alert, revision in changes}
        known = {k: v for k, v in known.items() if v[0].ended is None and v[0].state != "withdrawn"}
    return published


@given(batches())
def test_confirmed_and_ended_alerts_do_not_depend_on_batches_or_looks(
    run: list[tuple[list[Window], list[Window]]],
) -> None:
    tape = [window for windows, _ in run for window in windows]
    published = [alert for alert, _ in publish(run)]
    final = {alert.id: alert for alert in last_of_each(published) if alert.state == "confirmed"}
    assert final == {alert.id: alert for alert in last_of_each(folded(tape)[1])}


@given(batches())
def test_revisions_of_an_alert_count_up_and_each_says_something_new(
    run: list[tuple[list[Window], list[Window]]],
) -> None:
    latest: dict[str, AlertChange] = {}
    for alert, revision in publish(run):
        prior = latest.get(alert.id)
        assert revision == (prior[1] + 1 if prior else 1)
        assert prior is None or prior[0] != alert
        assert prior is None or prior[0].state != "confirmed" or alert.state == "confirmed"
        latest[alert.id] = (alert, revision)


@given(batches())
def test_no_alert_stays_open_behind_the_closed_windows(run: list[tuple[list[Window], list[Window]]]) -> None:
    tape_end = max((window.end for windows, _ in run for window in windows), default=0)
    latest = {alert.id: alert for alert, _ in publish(run)}
    assert all(alert.window_end > tape_end for alert in latest.values() if alert.state == "open")
