"""Panes and windows close by the symbol's own clock, each once, whatever steps the clock takes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cryptostream_job.closing import (
    closed_pane_ends,
    closed_window_ends,
    first_window_end,
    initial_panes_closed_through,
    initial_windows_closed_through,
    next_window_end,
    open_window_ends,
    origin_of,
)
from cryptostream_job.model import Geometry

SECOND = 1_000_000
DEFAULT = Geometry(pane=10 * SECOND, slide=30 * SECOND, window=120 * SECOND, allowed_lateness=5 * SECOND)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    pane = draw(st.integers(1, 20))
    slide = pane * draw(st.integers(1, 4))
    return Geometry(pane, slide, slide * draw(st.integers(1, 5)), draw(st.integers(0, 60)))


@given(geometries(), st.integers(0, 2_000), st.lists(st.integers(0, 200), max_size=30))
def test_many_small_steps_of_the_clock_close_what_one_big_step_closes(
    geometry: Geometry, first_clock: int, steps: list[int]
) -> None:
    origin = origin_of(geometry, first_clock)
    panes_through = initial_panes_closed_through(geometry, origin)
    windows_through = initial_windows_closed_through(geometry, origin)
    last_clock = first_clock + sum(steps)
    at_once = list(closed_pane_ends(geometry, last_clock, panes_through))
    windows_at_once = list(closed_window_ends(geometry, origin, last_clock, windows_through))

    panes: list[int] = []
    windows: list[int] = []
    clock = first_clock
    for step in [0, *steps]:
        clock += step
        panes += closed_pane_ends(geometry, clock, panes[-1] if panes else panes_through)
        closing = next_window_end(geometry, origin, windows[-1] if windows else windows_through)
        newly = closed_window_ends(geometry, origin, clock, windows[-1] if windows else windows_through)
        assert not newly or newly[0] == closing
        windows += newly

    assert (panes, windows) == (at_once, windows_at_once)


@given(geometries(), st.integers(0, 500), st.integers(0, 500))
def test_closed_windows_are_those_of_the_contract(geometry: Geometry, first_clock: int, elapsed: int) -> None:
    origin, clock = origin_of(geometry, first_clock), first_clock + elapsed
    expected = [
        end
        for end in range(0, clock + geometry.window + 1, geometry.slide)
        if end - geometry.window >= origin and end + geometry.allowed_lateness <= clock
    ]
    assert (
        list(closed_window_ends(geometry, origin, clock, initial_windows_closed_through(geometry, origin))) == expected
    )


@given(geometries(), st.integers(0, 500), st.integers(0, 60))
def test_no_on_time_trade_falls_before_the_panes_that_are_closed_from_the_start(
    geometry: Geometry, first_clock: int, older_by: int
) -> None:
    time, clock = first_clock - older_by, first_clock
    end = geometry.pane_start(time) + geometry.pane
    late = end + geometry.allowed_lateness <= clock
    assert late or end > initial_panes_closed_through(geometry, origin_of(geometry, first_clock))


def test_the_first_window_starts_at_or_after_the_origin_on_the_grid_of_the_slide() -> None:
    assert first_window_end(DEFAULT, 0) == 120 * SECOND
    assert first_window_end(DEFAULT, 10 * SECOND) == 150 * SECOND
    assert first_window_end(DEFAULT, 30 * SECOND) == 150 * SECOND


def test_a_window_closes_exactly_when_the_clock_reaches_its_end_plus_the_lateness() -> None:
    through = initial_windows_closed_through(DEFAULT, 0)
    assert list(closed_window_ends(DEFAULT, 0, 125 * SECOND - 1, through)) == []
    assert list(closed_window_ends(DEFAULT, 0, 125 * SECOND, through)) == [120 * SECOND]


def test_nothing_closes_while_the_clock_stands() -> None:
    through = 600 * SECOND
    assert not closed_pane_ends(DEFAULT, through, through)
    assert not closed_window_ends(DEFAULT, 0, through, through)
    assert next_window_end(DEFAULT, 0, through) == 630 * SECOND


def test_a_leap_of_a_year_is_described_without_being_walked() -> None:
    year = 365 * 86_400 * SECOND
    ends = closed_window_ends(DEFAULT, 0, year, initial_windows_closed_through(DEFAULT, 0))
    assert len(ends) > 1_000_000
    assert all(after - before == DEFAULT.slide for before, after in pairwise(ends[:10]))


@given(geometries(), st.integers(0, 500), st.integers(0, 500))
def test_the_open_windows_worth_judging_reach_from_the_next_to_close_to_the_first_behind_the_clock(
    geometry: Geometry, first_clock: int, elapsed: int
) -> None:
    origin, clock = origin_of(geometry, first_clock), first_clock + elapsed
    closed = closed_window_ends(geometry, origin, clock, initial_windows_closed_through(geometry, origin))
    through = closed[-1] if closed else initial_windows_closed_through(geometry, origin)
    ends = list(open_window_ends(geometry, origin, clock, through))
    assert ends[0] == next_window_end(geometry, origin, through)
    assert all(end <= clock < end + geometry.allowed_lateness + geometry.slide for end in ends[:-1])
    assert ends[-1] > clock
