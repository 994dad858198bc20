"""Whatever the API server admits, the operator deals with: it never fails, and it says how the stream is."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cryptostream_operator.api.schema import spec_schema
from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.conditions import PARTS, READY, RECONCILING, STALLED
from harness.kubernetes import KubectlError, crypto_stream
from harness.operator_process import OperatorProcess
from harness.stream_specs import streams
from harness.stream_world import StreamWorld
from harness.structural import values
from harness.waiting import until


@pytest.fixture
def operator(namespace: str, world: StreamWorld) -> Iterator[OperatorProcess]:
    running = OperatorProcess(namespace, purge_deadline="1s").start()
    yield running
    running.stop()
    # A purge waits while its image is pulled: nobody is left to end that.
    for left in world.kubectl.list("cryptostreams"):
        patch = '{"metadata": {"finalizers": null}}'
        world.kubectl("patch", "cryptostream", left["metadata"]["name"], "--type=merge", f"--patch={patch}")


def _as_written(stream: Stream) -> dict[str, Any]:
    return stream.spec.model_dump(mode="json", by_alias=True, exclude_none=True)


@pytest.mark.timeout(600)
def test_every_admitted_specification_ends_with_conditions(world: StreamWorld, operator: OperatorProcess) -> None:
    told: dict[str, int] = {}
    numbers = itertools.count()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(streams().map(_as_written) | values(spec_schema()))
    def ends_with_conditions(spec: dict[str, Any]) -> None:
        manifest = crypto_stream(f"s{next(numbers)}")
        try:
            world.kubectl("create", "--filename=-", stdin=json.dumps({**manifest, "spec": spec}))
        except KubectlError:
            return  # a rule refuses it, which the tests of the resource look at
        stream = StreamWorld(world.kubectl, manifest["metadata"]["name"])
        try:
            stream.wait_until_seen()
            until(lambda: stream.conditions().keys() >= {READY, RECONCILING, STALLED, *PARTS}, "conditions")
            for condition in stream.conditions().values():
                assert condition["reason"] != "Rejected", condition
                assert condition["observedGeneration"] == 1, condition
            reason = stream.conditions()[READY]["reason"]
            told[reason] = told.get(reason, 0) + 1
        finally:
            world.kubectl("delete", "cryptostream", stream.name, "--wait=false")

    ends_with_conditions()
    print(f"\nReady says {told}")
    assert sum(told.values()) >= 10
    assert operator.is_running
    assert operator.page("/healthz") == "ok\n"
    assert not operator.logged("an error of the operator's own")
