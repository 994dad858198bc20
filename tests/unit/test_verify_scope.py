"""What can be compared, and what is wrong with a symbol's row, decided without Kafka or a database."""

from dataclasses import replace

from cryptostream_job.model import Geometry
from cryptostream_verify.findings import Findings
from cryptostream_verify.scope import SymbolScope, TopicSymbol, is_behind, plan_scopes
from cryptostream_verify.stored import StoredSymbol
from cryptostream_verify.topic import Extent
from harness.naive_stream import SECOND, START

GEOMETRY = Geometry(2 * SECOND, 2 * SECOND, 8 * SECOND, SECOND)
SEEN = TopicSymbol("S", "x", START + 60 * SECOND, START, 90, 90, 0, 0)
KNOWN = StoredSymbol("x", 0, START, START + 60 * SECOND, 90, 0)
WHOLE = Extent({0: 0}, {0: 100})
CUT = Extent({0: 40}, {0: 100})


def plan(
    known: StoredSymbol | None, extent: Extent = WHOLE, seen: TopicSymbol = SEEN, allow_lag: bool = False
) -> tuple[list[SymbolScope], Findings]:
    findings = Findings()
    stored = {} if known is None else {"S": known}
    return plan_scopes({"S": seen}, stored, extent, GEOMETRY, allow_lag, findings), findings


def test_a_whole_topic_is_compared_from_its_origin() -> None:
    [scope], findings = plan(KNOWN)
    assert findings.passed
    assert (scope.complete_from, scope.windows_from, scope.head_cut) == (START, START, False)


def test_after_a_head_cut_the_first_pane_may_lack_records() -> None:
    [scope], findings = plan(replace(KNOWN, origin=START - 100 * SECOND), CUT)
    assert findings.passed
    assert scope.panes_from == scope.windows_from == START + GEOMETRY.pane
    assert scope.windows_due_from == START - 100 * SECOND


def test_an_origin_later_than_the_topics_first_record_is_wrong_even_after_a_head_cut() -> None:
    _, findings = plan(replace(KNOWN, origin=START + 2 * SECOND), CUT)
    assert [difference.column for difference in findings.differences] == ["origin"]


def test_a_stored_clock_beyond_the_topic_is_wrong() -> None:
    [scope], findings = plan(replace(KNOWN, clock=SEEN.clock + 1))
    assert [difference.column for difference in findings.differences] == ["clock"]
    assert scope.judged_clock == SEEN.clock


def test_what_the_stored_clock_has_not_closed_is_not_compared() -> None:
    [scope], _ = plan(replace(KNOWN, clock=START + 30 * SECOND), allow_lag=True)
    assert (scope.judged_clock, scope.settled_offset) == (START + 30 * SECOND, 0)


def test_a_symbol_that_appeared_while_reading_is_not_missed() -> None:
    assert plan(None, seen=replace(SEEN, first_offset=100))[1].passed
    assert plan(None, seen=replace(SEEN, first_offset=99))[1].totals == {"symbol missing": 1}


def test_a_symbol_that_the_topic_never_had_is_named() -> None:
    findings = Findings()
    plan_scopes({}, {"S": KNOWN}, WHOLE, GEOMETRY, False, findings)
    assert findings.totals == {"symbol not in the topic": 1}
    cut = Findings()
    plan_scopes({}, {"S": KNOWN}, CUT, GEOMETRY, False, cut)
    assert cut.passed
    assert cut.notes


def test_the_database_is_behind_until_clock_id_and_gaps_are_there() -> None:
    assert not is_behind(SEEN, 0, KNOWN)
    assert is_behind(SEEN, 0, None)
    assert is_behind(SEEN, 0, replace(KNOWN, clock=KNOWN.clock - 1))
    assert is_behind(SEEN, 0, replace(KNOWN, last_id=89))
    assert is_behind(SEEN, 1, KNOWN)
