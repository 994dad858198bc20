"""Many streams at once: time in proportion to their number, little memory, few requests, rest at the end."""

import time
from typing import NamedTuple

import pytest
import yaml

from harness.kubernetes import crypto_stream
from harness.operator_process import WRITES, OperatorProcess
from harness.stream_world import CHILDREN, StreamWorld
from harness.waiting import until

_MOST_BYTES = 200 * 1024 * 1024
_MOST_TO_CREATE = 25
_MOST_A_RESYNC = 3


@pytest.mark.timeout(900)
def test_two_hundred_streams_are_made_in_proportionate_time_and_left_in_peace(
    world: StreamWorld, namespace: str
) -> None:
    operator = OperatorProcess(namespace, resync_interval="10s", workers="8").start()
    try:
        # Suspended, so that the one node of a test cluster need not take two hundred pods.
        first, rest = _make(world, operator, range(50)), _make(world, operator, range(50, 200))
        requests = (first.requests + rest.requests) / 200
        print(f"\n50 streams: {first}\n150 more: {rest}\n{requests:.1f} requests each")
        assert requests <= _MOST_TO_CREATE
        # The machine may have had more to do meanwhile, which the operator's own work does not show.
        assert rest.seconds / 150 <= first.seconds / 50 * 2
        assert rest.processor_seconds / 150 <= first.processor_seconds / 50 * 1.3
        # That no Strimzi looks at the topics is said only some time after they were made.
        until(lambda: _topics_of(world) == {"NotTakenUp"}, "the last change of status", timeout=60, interval=1)
        until(lambda: _rests(operator), "rest", timeout=120, interval=1)
        looks, asked, written = operator.looks(), _asked(operator), operator.requests(WRITES)
        until(lambda: operator.looks() >= looks + 200, "a whole resync", timeout=60)
        a_look = (_asked(operator) - asked) / (operator.looks() - looks)
        print(f"{a_look:.2f} requests a look, {operator.resident_bytes() / 2**20:.0f} MiB")
        assert a_look <= _MOST_A_RESYNC
        assert operator.requests(WRITES) == written
        assert operator.resident_bytes() < _MOST_BYTES
    finally:
        operator.stop()


class _Cost(NamedTuple):
    """What it took until streams were reconciled."""

    seconds: float
    processor_seconds: float
    requests: int

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.processor_seconds:.1f} s of a processor, {self.requests} requests"


def _make(world: StreamWorld, operator: OperatorProcess, numbers: range) -> _Cost:
    before, processor, began = _asked(operator), operator.processor_seconds(), time.monotonic()
    manifests = [crypto_stream(f"s{number}", suspend=True) for number in numbers]
    world.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(manifests), timeout=300)
    wanted = len(CHILDREN) * (numbers.stop)

    def is_done() -> bool:
        streams = world.kubectl.list("cryptostreams")
        suspended = [found for found in streams if found.get("status", {}).get("phase") == "Suspended"]
        return len(suspended) == numbers.stop

    until(is_done, "all streams to be reconciled", timeout=400, interval=1)
    until(lambda: len(world.children()) == wanted, "all children", timeout=60, interval=1)
    spent = operator.processor_seconds() - processor
    return _Cost(time.monotonic() - began, spent, _asked(operator) - before)


def _topics_of(world: StreamWorld) -> set[str]:
    """The reasons of all streams' TopicReady."""
    conditions = (found for stream in world.kubectl.list("cryptostreams") for found in stream["status"]["conditions"])
    return {str(found["reason"]) for found in conditions if found["type"] == "TopicReady"}


def _asked(operator: OperatorProcess) -> int:
    return operator.requests() - operator.requests(frozenset({"discover"}))


def _rests(operator: OperatorProcess) -> bool:
    written = operator.requests(WRITES)
    time.sleep(5)
    return operator.requests(WRITES) == written
