"""A stream from ``kubectl apply`` to its deletion, every part real: what a user types and sees."""

import re
import time

import pytest
import yaml

from harness.live_stream import Market
from harness.waiting import until

KEPT = {"PersistentVolumeClaim/majors-checkpoint"}


@pytest.mark.smoke
@pytest.mark.timeout(600, func_only=True)
def test_a_stream_is_applied_becomes_ready_computes_and_is_deleted(market: Market) -> None:
    kubectl, manifest = market.kubectl, market.manifest("majors", topic={"partitions": 4})
    stream = market.prepare(manifest)
    began = time.monotonic()
    assert kubectl("apply", "-f", "-", stdin=yaml.safe_dump(manifest)) == (
        "cryptostream.cryptostream.io/majors created\n"
    )
    kubectl("wait", "--for=condition=Ready", "cryptostream/majors", "--timeout=180s", timeout=190)
    print(f"Ready after {time.monotonic() - began:.1f} s")
    stream.wait_for_windows()

    # What the parts say of themselves reaches the status.
    def figures() -> bool:
        status = stream.world.get()["status"]
        feed, job = status.get("feed", {}), status.get("job", {})
        return {"tradesPerSecond", "lastTradeAge", "gaps"} <= feed.keys() and {
            "state", "lastBatchAge", "openAlerts"
        } <= job.keys()  # fmt: skip

    until(figures, lambda: f"figures: {stream.world.get()['status']}", 60, 1)
    status = stream.world.get()["status"]
    assert status["phase"] == "Running"
    assert float(status["feed"]["tradesPerSecond"]) > 5
    assert status["feed"]["gaps"] == 0
    assert status["job"]["state"] == "RUNNING"
    assert status["runningHash"] == status["wantedHash"]
    assert status["producer"] | {"selector": ""} == {"shards": 1, "ready": 1, "selector": ""}

    print(kubectl("get", "cstream"))
    header, row = (re.split(r"\s{2,}", line.strip()) for line in kubectl("get", "cstream").splitlines())
    shown = dict(zip(header, row, strict=True))
    assert {
        "NAME": "majors",
        "READY": "True",
        "PHASE": "Running",
        "SYMBOLS": "2",
        "ALERTS": "0",
    }.items() <= shown.items()
    described = stream.describe()
    print(described)
    for line in (
        "Type:    Ready",
        "driver majors-driver writes to the database",
        "1 of 1 shards have a ready producer",
    ):
        assert " ".join(line.split()) in " ".join(described.split())
    assert [reason for reason, _ in stream.events()].count("Ready") == 1

    report = stream.verify()
    print(report)

    kubectl("delete", "cryptostream", "majors", "--timeout=90s", timeout=100)
    until(lambda: stream.world.names() <= KEPT, lambda: f"only {KEPT}: {stream.world.names()}", 90, 0.5)
    until(lambda: not [*stream.pods("driver"), *stream.pods("producer")], "the pods to go", 60, 0.5)
    assert stream.world.names() == KEPT
    assert stream.rows() > 0
