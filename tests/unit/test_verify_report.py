"""The verifier's report: capped lists with full totals, readable and as JSON; and when two scores are one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_model.streams import StreamName
from cryptostream_verify.alerts_check import same_score
from cryptostream_verify.findings import Difference, Findings, moment
from cryptostream_verify.report import render_json, render_text

STREAM = StreamName("default", "majors")


def test_only_so_many_differences_of_a_kind_are_listed_but_all_are_counted() -> None:
    findings = Findings(cap=2)
    for number in range(5):
        findings.add(Difference("trade missing", "BTCUSDT", f"id {number}", "id", "1 records", "nothing"))
    findings.add(Difference("pane missing", "BTCUSDT", "pane starting 1970", None, "a row", "nothing"))
    text = render_text(STREAM, findings)
    assert text.startswith("default/majors: 6 differences")
    assert "trade missing: 5\n  BTCUSDT id 0 id: expected 1 records, found nothing" in text
    assert "and 3 more" in text
    assert "id 2" not in text
    assert "pane missing: 1\n  BTCUSDT pane starting 1970: expected a row, found nothing" in text


def test_a_passed_verification_says_what_was_checked() -> None:
    findings = Findings()
    findings.tally("BTCUSDT", "trades", 12)
    findings.tally("ETHUSDT", "windows compared", 3)
    findings.note("there is no topic")
    lines = render_text(STREAM, findings).splitlines()
    assert lines[0] == "default/majors: verified"
    assert [line.split() for line in lines[2:5]] == [
        ["symbol", "trades", "windows", "compared"],
        ["BTCUSDT", "12", "0"],
        ["ETHUSDT", "0", "3"],
    ]
    assert lines[-1] == "note: there is no topic"


def test_the_json_report_holds_totals_differences_and_counts() -> None:
    findings = Findings(cap=1)
    findings.count("pane differs", [Difference("pane differs", "S", "pane", "trades", "1", "2")], 7)
    findings.tally("S", "trades", 3)
    report = json.loads(render_json(STREAM, findings))
    assert (report["passed"], report["totals"], report["checked"]) == (False, {"pane differs": 7}, {"S": {"trades": 3}})
    assert report["differences"][0]["column"] == "trades"


def test_times_are_shown_in_utc_with_microseconds_where_there_are_any() -> None:
    assert moment(1_700_000_000_000_000) == "2023-11-14T22:13:20Z"
    assert moment(1_700_000_000_000_001) == "2023-11-14T22:13:20.000001Z"


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        (8.12345678, 8.12345679, True),
        (8.12345678, 8.12345680, False),
        (0.0, 0.0, True),
        (0.0, 1e-30, False),
        (1.0, float("nan"), False),
        (float("inf"), float("inf"), True),
        (-4.0, 4.0, False),
    ],
)
def test_scores_are_equal_within_one_unit_of_the_ninth_digit(expected: float, found: float, same: bool) -> None:
    assert same_score(expected, found) is same


@given(st.floats(1e-6, 1e6))
def test_rounding_to_nine_digits_never_makes_a_score_differ(score: float) -> None:
    assert same_score(score, float(f"{score:.9g}"))
