"""Delays, budgets and Retry-After."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_producer.backoff import Backoff, WindowBudget
from cryptostream_producer.rest import budget, parse_retry_after


def test_delays_double_up_to_the_cap_with_jitter_and_start_over_after_a_success() -> None:
    backoff = Backoff(0.5, 4.0, random.Random(1))
    for ceiling in (0.5, 1.0, 2.0, 4.0, 4.0):
        assert ceiling / 2 <= backoff.next_delay() <= ceiling
    backoff.succeeded()
    assert backoff.next_delay() <= 0.5


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), max_size=60))
def test_a_budget_is_never_exceeded_in_any_window(requests: list[tuple[float, int]]) -> None:
    limited = WindowBudget(100, 60.0)
    now = 0.0
    uses: list[tuple[float, int]] = []
    for pause, units in requests:
        now += pause
        wait = limited.wait(units, now)
        assert wait <= 60.0
        if wait == 0:
            limited.use(units, now)
            uses.append((now, units))
        assert sum(used for at, used in uses if now - 60.0 < at <= now) <= 100


@given(st.lists(st.tuples(st.floats(0.01, 5), st.integers(1, 60)), min_size=1, max_size=40))
def test_waiting_as_long_as_told_makes_room(requests: list[tuple[float, int]]) -> None:
    limited = WindowBudget(100, 60.0)
    now = 0.0
    for pause, units in requests:
        now += pause
        wait = limited.wait(units, now)
        now += wait + 1e-6
        assert limited.wait(units, now) == pytest.approx(0.0, abs=1e-5)
        limited.use(units, now)


def test_weight_that_others_behind_the_same_address_used_counts() -> None:
    limited = WindowBudget(100, 60.0)
    limited.use(10, 0.0)
    limited.observe(95, 1.0)
    assert limited.wait(10, 1.0) > 0
    limited.observe(20, 2.0)
    assert limited.used(2.0) == 95, "a lower count of the exchange takes nothing back"


def test_a_request_above_the_limit_waits_for_an_empty_window_only() -> None:
    limited = WindowBudget(100, 60.0)
    assert limited.wait(500, 0.0) == 0
    limited.use(1, 0.0)
    assert limited.wait(500, 10.0) == pytest.approx(50.0)


@given(st.integers(1, 6000), st.sampled_from([1.0, 60.0]))
def test_a_small_share_is_counted_in_longer_windows_and_never_exceeded(weight: int, window: float) -> None:
    found = budget(weight, window)
    assert found.window >= window
    assert found.limit >= 1
    assert found.limit * 60 / found.window <= weight * (1 + 1e-9)


def test_retry_after_is_read_as_seconds_or_date_and_has_a_default() -> None:
    assert parse_retry_after("7") == 7
    assert parse_retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30))) == pytest.approx(30, abs=2)
    assert parse_retry_after(None) == parse_retry_after("soon") == 5
    assert parse_retry_after("-3") == 0
