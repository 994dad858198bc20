"""What the status says: conditions, troubles of pods, events, readings, rounded numbers."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from cryptostream_operator.api.status import Condition
from cryptostream_operator.conditions import IN_PROGRESS, PARTS, REASONS, STALLING, Judgement, merge
from cryptostream_operator.events import transitions
from cryptostream_operator.observe.readings import job_page, parse, producer_page, rate
from cryptostream_operator.plan.rounding import rounded_age, rounded_rate
from cryptostream_operator.plan.troubles import pod_trouble

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_every_reason_is_a_word_that_is_explained() -> None:
    for reasons in REASONS.values():
        for reason, (meaning, remedy) in reasons.items():
            assert re.fullmatch("[A-Z][A-Za-z]+", reason)
            assert meaning
            assert remedy
    known = {reason for reasons in REASONS.values() for reason in reasons}
    assert known >= IN_PROGRESS | STALLING


def test_ready_can_give_the_reason_of_any_part() -> None:
    for part in PARTS:
        assert set(REASONS[part]) <= set(REASONS["Ready"])


def test_a_condition_moves_its_time_only_when_its_status_flips() -> None:
    first = merge((), [Judgement("Ready", "False", "Starting", "m")], 1, NOW)
    later = merge(first, [Judgement("Ready", "False", "Failing", "n")], 2, NOW + timedelta(hours=1))
    assert later[0].last_transition_time == first[0].last_transition_time == "2026-01-31T12:00:00Z"
    assert (later[0].reason, later[0].message, later[0].observed_generation) == ("Failing", "n", 2)
    flipped = merge(later, [Judgement("Ready", "True", "Ready")], 2, NOW + timedelta(hours=2))
    assert flipped[0].last_transition_time == "2026-01-31T14:00:00Z"


def test_a_condition_that_is_judged_no_longer_goes_and_a_long_message_is_cut() -> None:
    first = merge((), [Judgement("Warning", "True", "IdleShards", "x" * 9999)], 1, NOW)
    assert len(first[0].message) == 4096
    assert merge(first, [Judgement("Ready", "True", "Ready")], 1, NOW)[0].type == "Ready"


def _pod(name: str = "p", **status: object) -> dict[str, object]:
    return {"metadata": {"name": name}, "status": status}


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes: Insufficient cpu"}]},
            "Unschedulable",
            "Insufficient cpu",
        ),
        (
            {"containerStatuses": [{"image": "i:1", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
            "ImagePullFailed",
            "i:1",
        ),
        (
            {
                "containerStatuses": [
                    {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "s" not found'}}}
                ]
            },
            "ContainerConfigError",
            'secret "s" not found',
        ),
        (
            {
                "containerStatuses": [
                    {
                        "restartCount": 3,
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": {"terminated": {"exitCode": 1, "message": "one\nno such topic\n\n"}},
                    }
                ]
            },
            "CrashLooping",
            "no such topic",
        ),
    ],
)
def test_the_trouble_of_a_pod_is_named(status: dict[str, object], reason: str, words: str) -> None:
    found = pod_trouble([_pod("a", phase="Running"), _pod("b", **status)])
    assert found is not None
    assert found.reason == reason
    assert words in found.message
    assert "pod b" in found.message


def test_a_pod_that_was_restarted_once_or_is_leaving_is_no_trouble() -> None:
    once = {"restartCount": 1, "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 1}}}
    waiting = {"state": {"waiting": {"reason": "ImagePullBackOff"}}}
    leaving = _pod(containerStatuses=[waiting])
    leaving["metadata"] = {"name": "p", "deletionTimestamp": "2026-01-31T12:00:00Z"}
    assert pod_trouble([_pod(containerStatuses=[once]), leaving]) is None


def _condition(kind: str, status: str, reason: str) -> Condition:
    return Condition(type=kind, status=status, reason=reason, last_transition_time="2026-01-31T12:00:00Z")


def test_events_tell_of_troubles_and_of_ready_and_not_of_what_passes() -> None:
    before = [_condition("Ready", "False", "Starting"), _condition("JobRunning", "False", "Starting")]
    trouble = [_condition("Ready", "False", "CrashLooping"), _condition("JobRunning", "False", "CrashLooping")]
    ready = [_condition("Ready", "True", "Ready"), _condition("JobRunning", "True", "Running")]
    assert transitions((), before) == []
    assert [(event.type, event.reason) for event in transitions(before, trouble)] == [("Warning", "CrashLooping")]
    assert transitions(trouble, trouble) == []
    assert [(event.type, event.reason) for event in transitions(trouble, ready)] == [("Normal", "Ready")]


_PRODUCER = """\
# TYPE cryptostream_producer_records_total counter
cryptostream_producer_records_total{{type="trade"}} {trades}
cryptostream_producer_records_total{{type="progress"}} 50
# TYPE cryptostream_producer_last_trade_age_seconds gauge
cryptostream_producer_last_trade_age_seconds{{symbol="A"}} 1.5
cryptostream_producer_last_trade_age_seconds{{symbol="B"}} 7
# TYPE cryptostream_producer_gaps_unfillable_total counter
cryptostream_producer_gaps_unfillable_total{{reason="heal-limit"}} 2
"""


def test_the_producers_pages_give_rate_age_and_gaps() -> None:
    first = producer_page(parse(_PRODUCER.format(trades=100)), NOW)
    second = producer_page(parse(_PRODUCER.format(trades=700)), NOW + timedelta(minutes=1))
    anew = producer_page(parse(_PRODUCER.format(trades=60)), NOW + timedelta(minutes=2))
    assert (second.last_trade_age, second.gaps) == (7, 2)
    assert rate({}, {"a": first}) is None
    assert rate({"a": first}, {"a": second, "b": second}) == 10
    assert rate({"a": second}, {"a": anew}) == 1


def test_the_jobs_page_gives_its_last_batch_and_whether_the_database_is_away() -> None:
    text = (
        "cryptostream_job_last_batch_timestamp_seconds 1.5e9\n"
        'cryptostream_job_waiting{part="database"} 1\ncryptostream_job_waiting{part="kafka"} 0\n'
    )
    found = job_page(parse(text))
    assert (found.last_batch, found.open_alerts, found.database_away) == (1.5e9, None, True)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1s"), (3, "5s"), (61, "2m"), (3600, "1h"), (90000, "1d"), (300000, "3d")]
)
def test_ages_are_rounded_up_to_a_few_steps(seconds: float, text: str) -> None:
    assert rounded_age(timedelta(seconds=seconds)) == text


def test_rates_keep_two_digits() -> None:
    assert [rounded_rate(rate) for rate in (None, 0, 0.333, 9.96, 1234.5)] == [None, 0, 0.33, 10, 1200]
