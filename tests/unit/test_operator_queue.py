"""The queue of streams: each once at a time, coalesced, later after failures."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream_operator.controller.queue import Backoff, WorkQueue


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(clock, Backoff(random_part=lambda: 0.0))


def test_a_key_that_is_added_often_is_handed_out_once(queue: WorkQueue[str]) -> None:
    for _ in range(5):
        queue.add("a")
    assert [queue.take(), queue.take()] == ["a", None]


def test_a_key_is_never_handed_out_twice_at_a_time(queue: WorkQueue[str]) -> None:
    queue.add("a")
    assert queue.take() == "a"
    queue.add("a")
    assert queue.take() is None
    queue.done("a")
    assert queue.take() == "a"


def test_keys_wait_for_their_moment_and_the_earlier_one_counts(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a", 10)
    queue.add("a", 5)
    queue.add("a", 20)
    assert queue.until_next() == 5
    clock.now += 4.9
    assert queue.take() is None
    clock.now += 0.2
    assert queue.take() == "a"
    queue.done("a")
    clock.now += 100
    assert queue.take() is None


def test_a_key_is_looked_at_again_after_the_time_asked_for(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a")
    queue.take()
    queue.done("a", again_after=60)
    clock.now += 59
    assert queue.take() is None
    clock.now += 1
    assert queue.take() == "a"


def test_failures_wait_twice_as_long_each_time_up_to_a_limit(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a")
    delays = []
    for _ in range(11):
        assert queue.take() == "a"
        delays.append(queue.failed("a"))
        assert queue.take() is None
        clock.now += delays[-1]
    assert delays[:4] == [1, 2, 4, 8]
    assert delays[-2:] == [300, 300]
    assert queue.take() == "a"
    queue.done("a")
    queue.add("a")
    queue.take()
    assert queue.failed("a") == 1


def test_news_cut_the_wait_after_a_failure_short_but_do_not_end_it(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a")
    for _ in range(8):
        queue.take()
        clock.now += queue.failed("a")
    queue.take()
    queue.add("a")
    assert queue.failed("a") == 256
    assert queue.take() is None
    queue.add("a")
    assert queue.take() is None
    clock.now += 1
    assert queue.take() == "a"


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 50))
def test_a_delay_is_random_within_its_half(part: float, failures: int) -> None:
    full = min(300.0, 2.0 ** (failures - 1))
    assert full / 2 <= Backoff(random_part=lambda: part).delay(failures) <= full


@given(st.lists(st.tuples(st.sampled_from(["add", "take", "done", "fail", "wait"]), st.sampled_from("abc"))))
def test_no_key_is_lost_or_worked_on_twice(steps: list[tuple[str, str]]) -> None:
    clock = Clock()
    queue: WorkQueue[str] = WorkQueue(clock, Backoff(random_part=lambda: 0.0))
    active: set[str] = set()
    owed: set[str] = set()
    for step, key in steps:
        if step == "add":
            queue.add(key)
            owed.add(key)
        elif step == "take":
            taken = queue.take()
            assert taken not in active
            if taken is not None:
                active.add(taken)
                owed.discard(taken)
        elif step == "wait":
            clock.now += 1
        elif key in active:
            active.discard(key)
            if step == "done":
                queue.done(key)
            else:
                queue.failed(key)
                owed.add(key)
    for key in active:
        queue.done(key)
    clock.now += 1000
    found = set()
    while (key := queue.take()) is not None:
        found.add(key)
    assert found == owed


def test_a_waiting_worker_wakes_up_for_news_and_for_the_moment_of_a_key() -> None:
    async def run() -> list[str]:
        queue: WorkQueue[str] = WorkQueue(time.monotonic)
        first = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.add("later", 0.02)
        found = [await asyncio.wait_for(first, 5)]
        second = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.add("now")
        return [*found, await asyncio.wait_for(second, 5)]

    assert asyncio.run(run()) == ["later", "now"]


def test_the_depth_is_what_is_due(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add("a")
    queue.add("b")
    queue.add("c", 5)
    queue.take()
    assert queue.depth() == 1
    clock.now += 5
    assert queue.depth() == 2


def test_what_waits_after_failures_comes_out_soon_once_their_cause_is_over(queue: WorkQueue[str], clock: Clock) -> None:
    for key in ("failing", "resting"):
        queue.add(key)
        queue.take()
    queue.done("resting", again_after=100)
    for _ in range(8):
        queue.failed("failing")
        clock.now += 300
        assert queue.take() is not None
    assert queue.failed("failing") > 200
    queue.hasten()
    assert queue.until_next() == 1.0
    clock.now += 1.0
    assert [queue.take(), queue.take()] == ["failing", None]
    queue.done("failing")
    assert queue.depth() == 0
