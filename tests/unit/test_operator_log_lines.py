"""Why a container has ended, in its own words."""

import json

import pytest

from cryptostream_operator.kinds import POD, SPARK_APPLICATION
from cryptostream_operator.plan.log_lines import last_error
from harness.model_cluster import ModelCluster


def line(event: str, level: str = "info", **more: str) -> str:
    return json.dumps({"event": event, "level": level, **more})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\nno such topic\n\n", "no such topic"),
        (line("started"), "started"),
        # What Spark writes on its way out says nothing.
        (
            "\n".join(
                [line("cannot start", "error", reason="the schema is older"), line("Shutting down all executors")]
            ),
            "cannot start: the schema is older",
        ),
        (
            line("uncaught error", "critical", exception="Traceback\n  File\nValueError: no"),
            "uncaught error: ValueError: no",
        ),
        ('vent": "cut off"}\n' + line("gone", "error"), "gone"),
        (line("gone", "error") + "\nnot JSON", "gone"),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_the_last_error_is_told_or_else_the_last_line(text: str, said: str) -> None:
    assert last_error(text) == said


def test_a_failing_job_says_why() -> None:
    cluster = ModelCluster.with_stream()
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    state = {"state": "FAILING", "errorMessage": "driver container failed with ExitCode: 2, Reason: Error"}
    cluster.get(SPARK_APPLICATION, "majors")["status"] = {"applicationState": state}
    message = line("cannot start", "error", reason="run `cryptostream migrate`")
    ended = {"state": {"terminated": {"exitCode": 2, "message": message}}}
    cluster.get(POD, "majors-driver")["status"] = {"phase": "Failed", "containerStatuses": [ended]}
    cluster.settle()
    assert cluster.condition("JobRunning")["message"] == (
        "SparkApplication majors is FAILING and is tried again: driver container failed with ExitCode: 2, "
        "Reason: Error: cannot start: run `cryptostream migrate`"
    )
