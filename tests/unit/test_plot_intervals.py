"""How long candles are, which table they come from, which range and symbols are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_plot.errors import NothingToPlotError
from cryptostream_plot.intervals import (
    MOST_CANDLES,
    Interval,
    asked_interval,
    choose_interval,
    in_words,
    longer_interval,
)
from cryptostream_plot.scope import Availability, choose_range, choose_symbols

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
PANE = timedelta(seconds=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("length", "chosen", "rollup"),
    [
        (timedelta(minutes=2), "10s", None),
        (HOUR, "10s", None),
        (timedelta(seconds=5000), "10s", None),
        (timedelta(seconds=5010), "30s", None),
        (6 * HOUR, "1m", None),
        (DAY, "5m", "5m"),
        (7 * DAY, "1h", "1h"),
        (90 * DAY, "1d", "1h"),
    ],
)
def test_the_range_chooses_the_candle(length: timedelta, chosen: str, rollup: str | None) -> None:
    interval = choose_interval(START, START + length, PANE)
    assert (in_words(interval.length), interval.rollup) == (chosen, rollup)


@given(
    st.integers(1, 400 * 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    st.sampled_from([timedelta(seconds=seconds) for seconds in (1, 2, 7, 10, 60, 120, 7200)]),
    st.booleans(),
    st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_a_chosen_interval_is_made_of_whole_panes_and_never_too_short(
    length: timedelta, pane: timedelta, panes_reach: bool, offset: timedelta
) -> None:
    start = START + offset
    interval = choose_interval(start, start + length, pane, panes_reach=panes_reach)
    assert 1 <= interval.count(start, start + length) <= MOST_CANDLES
    if panes_reach:
        assert interval.length % pane == timedelta(0)
    else:
        assert interval.rollup is not None
    if interval.rollup:
        assert interval.length % interval.rollup_length == timedelta(0)


def test_where_panes_are_gone_candles_are_made_of_rollups() -> None:
    assert choose_interval(START, START + HOUR, PANE, panes_reach=False) == Interval(timedelta(minutes=1), "1m")


def test_an_asked_interval_is_taken_as_it_is() -> None:
    assert asked_interval(timedelta(seconds=20), START, START + HOUR, PANE) == Interval(timedelta(seconds=20), None)
    assert asked_interval(timedelta(minutes=10), START, START + HOUR, PANE).rollup == "5m"


@pytest.mark.parametrize(
    ("length", "range_length", "panes_reach", "says"),
    [
        (timedelta(seconds=15), HOUR, True, "--interval 15s is not a multiple of the stream's panes of 10s"),
        (timedelta(seconds=5), HOUR, True, "write 10s, a multiple of it, or auto"),
        (PANE, 7 * DAY, True, "gives 60480 candles a symbol"),
        (PANE, HOUR, False, "no longer reach back"),
    ],
)
def test_an_asked_interval_that_cannot_be_is_refused(
    length: timedelta, range_length: timedelta, panes_reach: bool, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        asked_interval(length, START, START + range_length, PANE, panes_reach=panes_reach)


@given(st.integers(1, 10_000), st.integers(10, 400))
def test_a_narrow_panel_gets_longer_candles(candles: int, most: int) -> None:
    longer = longer_interval(PANE, candles, most)
    assert longer % PANE == timedelta(0)
    assert candles * PANE <= most * longer
    assert (longer == PANE) == (candles <= most)


def test_candles_lie_on_the_grid_of_the_epoch() -> None:
    interval = Interval(timedelta(minutes=5), "5m")
    odd = START + timedelta(minutes=7, seconds=3)
    assert interval.floor(odd) == START + timedelta(minutes=5)
    assert interval.ceil(odd) == START + timedelta(minutes=10)
    assert interval.floor(START) == interval.ceil(START) == START


DATA = Availability(START, START + 3 * DAY, START + 2 * DAY)


def test_the_last_day_is_shown_unless_a_range_is_asked() -> None:
    assert choose_range(None, None, DATA, "desk/majors") == (START + 2 * DAY, START + 3 * DAY)
    assert choose_range(START + HOUR, START + DAY, DATA, "desk/majors") == (START + HOUR, START + DAY)


def test_a_range_is_cut_to_what_is_stored() -> None:
    assert choose_range(START - DAY, START + 9 * DAY, DATA, "desk/majors") == (START, START + 3 * DAY)


def test_panes_reach_to_where_nothing_older_is_stored() -> None:
    assert not DATA.panes_reach(START + DAY)
    assert DATA.panes_reach(START + 2 * DAY)
    assert Availability(START, START + HOUR, START).panes_reach(START - DAY)


@pytest.mark.parametrize(
    ("start", "end"),
    [(START + 3 * DAY, None), (None, START), (START - 2 * DAY, START - DAY), (START + 8 * DAY, START + 9 * DAY)],
)
def test_a_range_beside_the_data_says_where_the_data_is(start: datetime | None, end: datetime | None) -> None:
    with pytest.raises(
        NothingToPlotError, match=r"desk/majors has data from 2026-11-23 10:00:00 to 2026-11-26 10:00:00 UTC"
    ):
        choose_range(start, end, DATA, "desk/majors")


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="swap them"):
        choose_range(START + DAY, START, DATA, "desk/majors")


def test_symbols_are_found_in_any_case_and_kept_in_the_asked_order() -> None:
    assert choose_symbols(["ethusdt", "BTCUSDT", "ETHUSDT"], ["BTCUSDT", "ETHUSDT"]) == ("ETHUSDT", "BTCUSDT")
    assert choose_symbols(None, ["BTCUSDT", "ETHUSDT"]) == ("BTCUSDT", "ETHUSDT")


def test_an_unknown_symbol_is_named_with_those_there_are() -> None:
    with pytest.raises(NothingToPlotError, match="no symbol DOGEUSDT in the database: it has BTCUSDT, ETHUSDT"):
        choose_symbols(["BTCUSDT", "DOGEUSDT"], ["BTCUSDT", "ETHUSDT"])
