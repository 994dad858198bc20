"""A running stream is changed: only what has to be is replaced, and topic and database stay right."""

import time
from collections.abc import Iterator

import pytest

from harness.live_stream import LiveStream, Market
from harness.waiting import until

pytestmark = pytest.mark.timeout(400, func_only=True)


@pytest.fixture(scope="module")
def stream(market: Market) -> Iterator[LiveStream]:
    live = market.create("changing")
    live.wait_for_windows()
    yield live
    live.kubectl("delete", "cryptostream", live.name, "--wait=false")


def test_scaling_shares_the_symbols_among_more_producers_without_a_hole(stream: LiveStream) -> None:
    driver = stream.uids("driver")
    stream.kubectl("scale", "cryptostream", stream.name, "--replicas=2")
    stream.wait_until_ready()
    deployments = [pod["metadata"]["labels"]["cryptostream.io/shard"] for pod in stream.pods("producer")]
    assert deployments == ["0", "1"]
    stream.wait_for_windows()
    stream.verify()
    assert stream.uids("driver") == driver


def test_another_log_level_of_the_producers_replaces_them_one_after_the_other(stream: LiveStream) -> None:
    driver, producers = stream.uids("driver"), stream.uids("producer")
    took = stream.change(producer={"logLevel": "WARNING"})
    print(f"producers replaced within {took:.1f} s")
    assert not stream.uids("producer") & producers
    stream.wait_for_windows()
    stream.verify()
    assert stream.uids("driver") == driver


def test_another_threshold_of_a_detector_replaces_the_job_only(stream: LiveStream) -> None:
    producers = stream.uids("producer")
    outage = stream.outage_of_the_job(
        lambda: stream.world.patch({"detectors": {"priceSpike": {"threshold": 7.5}}})
    )  # fmt: skip
    stream.wait_until_ready()
    print(f"{outage:.1f} s without a batch while the job was replaced")
    status = stream.world.get()["status"]
    assert status["runningHash"] == status["wantedHash"]
    stream.wait_for_windows()
    stream.verify()
    assert stream.uids("producer") == producers


def test_another_nonce_restarts_producers_and_job(stream: LiveStream) -> None:
    producers = stream.uids("producer")
    outage = stream.outage_of_the_job(lambda: stream.world.patch({"restartNonce": 1}))
    stream.wait_until_ready()
    print(f"{outage:.1f} s without a batch while everything was restarted")
    assert not stream.uids("producer") & producers
    stream.wait_for_windows()
    stream.verify()


def test_other_windows_are_computed_anew_from_the_whole_topic(stream: LiveStream) -> None:
    seen: list[str] = []

    def step() -> str:
        found = str(stream.world.get()["status"].get("upgrade", {}).get("step", ""))
        if found and found not in seen[-1:]:
            seen.append(found)
        return found

    producers = stream.uids("producer")
    oldest, began = stream.oldest_pane(), time.monotonic()
    stream.world.patch({"window": "16s"})
    until(lambda: step() == "StartingJob", lambda: f"the rebuild: {seen} {stream.describe()}", 180, 0.1)
    assert seen == ["StoppingJob", "Rebuilding", "StartingJob"]
    assert stream.world.get()["status"]["phase"] == "Upgrading"
    stream.wait_until_ready()
    print(f"Ready {time.monotonic() - began:.1f} s after another window length")
    stream.wait_for_windows()
    assert stream.rows(where="window_end - window_start <> interval '16 seconds'") == 0
    assert stream.oldest_pane() == oldest
    stream.verify()
    assert stream.uids("producer") == producers


def test_a_change_of_windows_taken_back_while_the_job_stops_only_restarts_it(stream: LiveStream) -> None:
    before, driver, stored = stream.world.get(), stream.uids("driver"), stream.rows()
    stream.world.patch({"window": "24s"})
    stream.world.wait_for("JobRunning", "Stopping")
    stream.world.patch({"window": before["spec"]["window"]})
    seen: set[str] = set()

    def is_over() -> bool:
        upgrade = stream.world.get()["status"].get("upgrade")
        seen.add(upgrade["step"] if upgrade else "")
        return upgrade is None

    until(is_over, lambda: f"the restart: {seen} {stream.describe()}", 180, 0.1)
    assert "Rebuilding" not in seen
    stream.wait_until_ready()
    status = stream.world.get()["status"]
    assert status["checkpointHash"] == before["status"]["checkpointHash"]
    assert not stream.uids("driver") & driver
    assert "Failing" not in dict(stream.events()), "the new driver was started before the former had ended"
    assert stream.rows() >= stored
    stream.wait_for_windows()
    stream.verify()


def test_a_suspended_stream_runs_nothing_and_goes_on_where_it_stopped(stream: LiveStream) -> None:
    stream.world.patch({"suspend": True})
    stream.world.wait_for("Ready", "Suspended")
    until(lambda: not stream.pods("producer") and not stream.pods("driver"), "the pods to go", 90, 0.5)
    assert stream.kubectl("get", "cstream", stream.name, "--output=jsonpath={.status.phase}") == "Suspended"
    stored = stream.rows()
    took = stream.change(suspend=False)
    print(f"Ready {took:.1f} s after resuming")
    stream.wait_for_windows()
    assert stream.rows() > stored
    stream.verify()
