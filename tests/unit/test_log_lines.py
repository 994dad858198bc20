"""What a process writes to standard error: lines of one form, whatever happens."""

import json
import subprocess
import sys
import textwrap
from typing import Any

import pytest

PROGRAM = """
    import logging, threading, warnings
    from cryptostream_model.logs import configure_logging, get_logger

    configure_logging("part", "{log_format}")
    get_logger("own").info("started", port=8080)
    logging.getLogger("library").warning("of %s", "a library")
    warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    broken = threading.Thread(target=lambda: 1 / 0, name="broken")
    broken.start()
    broken.join()
    raise ValueError("in the end")
"""


def written(log_format: str) -> str:
    """What the program leaves on standard error, at whose end it has failed."""
    program = textwrap.dedent(PROGRAM.format(log_format=log_format))
    command = [sys.executable, "-W", "default", "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (finished.returncode, finished.stdout) == (1, "")
    return finished.stderr


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in written("json").splitlines()]


def test_every_line_is_an_object_with_the_same_keys(lines: list[dict[str, Any]]) -> None:
    assert len(lines) == 5
    for line in lines:
        assert line.keys() >= {"component", "event", "level", "logger", "timestamp"}
        assert line["component"] == "part"


def test_lines_of_ours_libraries_and_warnings_arrive(lines: list[dict[str, Any]]) -> None:
    assert (lines[0]["event"], lines[0]["port"], lines[0]["level"]) == ("started", 8080, "info")
    assert (lines[1]["event"], lines[1]["logger"], lines[1]["level"]) == ("of a library", "library", "warning")
    assert "DeprecationWarning: soon gone" in lines[2]["event"]


def test_errors_that_nobody_catches_are_lines_too(lines: list[dict[str, Any]]) -> None:
    in_thread, last = lines[3:]
    assert (in_thread["thread"], in_thread["level"]) == ("broken", "critical")
    assert in_thread["exception"].endswith("ZeroDivisionError: division by zero")
    assert last["event"] == "uncaught error"
    assert last["exception"].endswith("ValueError: in the end")


def test_people_get_a_plain_trace() -> None:
    assert "ValueError: in the end" in written("text").splitlines()[-1]
