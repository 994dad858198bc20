"""Every interval is served by exactly one table, the coarsest that its points are made of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_grafana.queries.rollup import INTERVAL_MS, RANGE, RAW_RANGE, rows_of_range

_BRANCH = re.compile(r"FROM (\w+)\s+WHERE (.+?)\s+AND stream")
SECONDS = {"crypto_rollup_1m": 60, "crypto_rollup_5m": 300, "crypto_rollup_1h": 3600}


def serving(interval_ms: int, range_seconds: int) -> list[str]:
    """The tables whose condition holds once Grafana has written interval and range into the query."""
    found = []
    for table, condition in _BRANCH.findall(rows_of_range("trades", "stream = 'a/b'")):
        text = condition.replace(INTERVAL_MS, str(interval_ms)).replace(RANGE, str(range_seconds))
        if eval(text.replace("AND", "and").replace("NOT", "not")):
            found.append(table)
    return found


@given(st.integers(1, 10**9), st.integers(1, 10**8))
def test_one_table_serves(interval_ms: int, range_seconds: int) -> None:
    assert len(serving(interval_ms, range_seconds)) == 1


@given(st.integers(1, 10**9), st.integers(RAW_RANGE, 10**8))
def test_long_ranges_never_read_panes(interval_ms: int, range_seconds: int) -> None:
    assert "crypto_panes" not in serving(interval_ms, range_seconds)


@given(st.integers(60_000, 10**9), st.integers(1, 10**8))
def test_buckets_are_not_longer_than_the_interval(interval_ms: int, range_seconds: int) -> None:
    (table,) = serving(interval_ms, range_seconds)
    coarser = [seconds for seconds in SECONDS.values() if seconds > SECONDS[table]]
    assert SECONDS[table] * 1000 <= interval_ms
    assert all(seconds * 1000 > interval_ms for seconds in coarser)


@pytest.mark.parametrize(
    ("interval_ms", "range_seconds", "table"),
    [
        (10_000, 3600, "crypto_panes"),
        (10_000, 6 * 3600, "crypto_rollup_1m"),
        (60_000, 900, "crypto_rollup_1m"),
        (600_000, 86_400, "crypto_rollup_5m"),
        (7_200_000, 30 * 86_400, "crypto_rollup_1h"),
    ],
)
def test_ranges_that_traders_look_at(interval_ms: int, range_seconds: int, table: str) -> None:
    assert serving(interval_ms, range_seconds) == [table]
