"""Parts that end are started again; one that cannot live ends the run."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cryptostream_demo import supervision
from cryptostream_demo.supervision import Supervisor, Watched
from harness.waiting import until


class Part:
    """A process that ends when the test says so."""

    def __init__(self, status: int | None = None) -> None:
        self.status = status
        self.starts = 0

    def running(self) -> bool:
        return self.status is None

    def exit_code(self) -> int | None:
        return self.status

    def tail(self, lines: int = 15) -> str:
        return "its last words"

    def restart(self) -> None:
        self.starts += 1
        self.status = None


Supervise = Callable[..., tuple[Supervisor, threading.Event, list[str]]]


@pytest.fixture
def supervise(monkeypatch: pytest.MonkeyPatch) -> Any:
    supervisors: list[Supervisor] = []

    def start(part: Part, *, can_restart: bool = True) -> tuple[Supervisor, threading.Event, list[str]]:
        watched = Watched("job", lambda: part, part.restart if can_restart else None)
        monkeypatch.setattr(supervision, "watched_parts", lambda _: [watched])
        monkeypatch.setattr(supervision, "_LOOK_SECONDS", 0.01)
        ended, said = threading.Event(), list[str]()
        pipeline: Any = SimpleNamespace(options=SimpleNamespace(source=SimpleNamespace(recording=None)), exchange=None)
        supervisor = Supervisor(pipeline, ended, said.append)
        supervisor.start()
        supervisors.append(supervisor)
        return supervisor, ended, said

    yield start
    for supervisor in supervisors:
        supervisor.stop()


def test_a_part_that_was_killed_is_started_again(supervise: Supervise) -> None:
    part = Part(status=-9)
    supervisor, ended, said = supervise(part)
    until(lambda: part.starts == 1, "the restart")
    assert said == ["job ended with status -9 and is started again"]
    assert supervisor.restarts == {"job": 1}
    assert not ended.is_set()


@pytest.mark.parametrize("status", [2, 3])
def test_a_part_that_would_end_the_same_way_again_ends_the_run(supervise: Supervise, status: int) -> None:
    part = Part(status)
    supervisor, ended, _ = supervise(part)
    assert ended.wait(10)
    assert supervisor.failure == f"job ended with status {status}:\nits last words"
    assert part.starts == 0


def test_a_part_that_cannot_be_started_again_ends_the_run(supervise: Supervise) -> None:
    supervisor, ended, _ = supervise(Part(-9), can_restart=False)
    assert ended.wait(10)
    assert supervisor.failure is not None


def test_a_part_that_ends_again_and_again_ends_the_run(supervise: Supervise) -> None:
    class Dying(Part):
        def restart(self) -> None:
            self.starts += 1

    part = Dying(1)
    supervisor, ended, _ = supervise(part)
    assert ended.wait(10)
    assert part.starts == 5
    assert supervisor.restarts == {"job": 5}
