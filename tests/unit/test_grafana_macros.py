"""How the tests write out a dashboard's query: what Grafana's PostgreSQL data source does, fact by fact."""

from datetime import UTC, datetime, timedelta

import pytest

from harness.grafana_macros import MacroError, Range, expand
from harness.grafana_variables import Selection, interval_of

FROM = datetime(2026, 11, 23, 10, 0, 0, 120_000, tzinfo=UTC)
SCOPE = Range(FROM, datetime(2026, 11, 23, 16, tzinfo=UTC), 60_000)
TIMESCALE = Range(SCOPE.start, SCOPE.end, 60_000, timescale=True)


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("$__timeFilter(t.at)", "t.at BETWEEN '2026-11-23T10:00:00.12Z' AND '2026-11-23T16:00:00Z'"),
        ("$__timeFrom()::timestamptz", "'2026-11-23T10:00:00.12Z'::timestamptz"),
        ("$__timeTo()", "'2026-11-23T16:00:00Z'"),
        ("$__interval_ms", "60000"),
        ("INTERVAL '$__interval'", "INTERVAL '1m'"),
        ("$__unixEpochTo() - $__unixEpochFrom()", "1795449600 - 1795428000"),
        ("$__unixEpochFilter(at)", "at >= 1795428000 AND at <= 1795449600"),
        ("$__unixEpochGroup(at, 5m)", "floor((at)/300)*300"),
        ("$__time(at)", 'at AS "time"'),
        ("$__timeEpoch(at)", 'extract(epoch from at) as "time"'),
        ("$__timeGroup(at, '5m')", "floor(extract(epoch from at)/300)*300"),
        ("$__timeGroup(at, $__interval, NULL)", "floor(extract(epoch from at)/60)*60"),
        ("SELECT $__timeGroup(at, 5m), x", 'SELECT floor(extract(epoch from at)/300)*300 AS "time", x'),
        ("$__timeGroupAlias(at, 5m, previous)", 'floor(extract(epoch from at)/300)*300 AS "time"'),
    ],
)
def test_macros(written: str, expanded: str) -> None:
    assert expand(written, SCOPE) == expanded


def test_on_timescaledb_groups_are_its_buckets() -> None:
    assert expand("$__timeGroup(at, 5m)", TIMESCALE) == "time_bucket('300.000s',at)"


@pytest.mark.parametrize(
    "refused",
    ["$__timeGroup(at)", "$__timeGroup(at, soon)", "$__timeGroup(at, 5m, x)", "$__timeSpan(at)", "$__timeFilter (at)"],
)
def test_what_grafana_refuses_is_refused(refused: str) -> None:
    with pytest.raises(MacroError):
        expand(refused, SCOPE)


def test_a_macros_argument_ends_at_the_first_parenthesis() -> None:
    assert expand("$__timeFilter(least(a, b))", SCOPE).startswith("least(a BETWEEN")


@pytest.mark.parametrize(
    ("written", "interpolated"),
    [
        ("'$one'", "'it''s \"1\"'"),
        ("${one:sqlstring}", "'it''s \\\"1\\\"'"),
        ("${one:raw}", 'it\'s "1"'),
        ("ARRAY[$many]::text[]", "ARRAY['a','b''c']::text[]"),
        ("ARRAY[${many}]::text[]", "ARRAY['a','b''c']::text[]"),
        ("ARRAY[$none]::text[]", "ARRAY[]::text[]"),
        ("$__timeTo() $1 $other", "$__timeTo() $1 $other"),
    ],
)
def test_variables(written: str, interpolated: str) -> None:
    selection = Selection({"one": 'it\'s "1"', "many": ["a", "b'c"], "none": []})
    assert selection.interpolate(written) == interpolated


@pytest.mark.parametrize(
    ("hours", "points", "shortest", "seconds"),
    [(1, 360, "10s", 10), (6, 360, "10s", 60), (24, 360, "10s", 300), (720, 360, "10s", 7200), (1, 60, "1h", 3600)],
)
def test_the_interval_of_a_panel(hours: int, points: int, shortest: str, seconds: int) -> None:
    assert interval_of(int(timedelta(hours=hours).total_seconds()) * 1000, points, shortest) == seconds * 1000
