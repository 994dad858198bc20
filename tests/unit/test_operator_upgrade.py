"""A change of lengths rebuilds what is stored, step by step, each written before it is taken."""

import copy

import pytest

from cryptostream_operator.kinds import JOB, POD, SPARK_APPLICATION
from harness.model_cluster import ModelCluster


def _running() -> ModelCluster:
    cluster = ModelCluster.with_stream()
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    return cluster


def _step(cluster: ModelCluster) -> str | None:
    upgrade = cluster.resource["status"].get("upgrade")
    return upgrade and upgrade["step"]


def test_the_job_stops_before_the_rebuild_and_starts_after_it() -> None:
    cluster = _running()
    before = cluster.resource["status"]["checkpointHash"]
    cluster.change(window="5m")
    cluster.carry_out(cluster.plan())
    assert (_step(cluster), cluster.phase) == ("StoppingJob", "Upgrading")
    assert cluster.resource["status"]["checkpointHash"] == before
    assert not cluster.names(SPARK_APPLICATION)

    cluster.settle()
    assert _step(cluster) == "Rebuilding"
    assert len(cluster.names(JOB)) == 1
    assert not cluster.names(SPARK_APPLICATION)
    assert cluster.condition("JobRunning")["reason"] == "Rebuilding"
    assert cluster.condition("Ready")["reason"] == "Upgrading"

    cluster.let_parts_work()
    cluster.settle()
    assert _step(cluster) == "StartingJob"
    assert cluster.resource["status"]["checkpointHash"] not in (None, before)
    assert cluster.names(SPARK_APPLICATION)

    cluster.let_parts_work()
    cluster.settle()
    assert _step(cluster) is None
    assert cluster.condition("Ready")["status"] == "True"
    assert not cluster.names(JOB)


def test_a_driver_that_is_stopped_for_a_rebuild_keeps_its_executors_until_its_batch_has_ended() -> None:
    cluster = _running()
    cluster.change(window="5m")
    assert [(delete.ref.kind, delete.foreground) for delete in cluster.plan().deletes] == [(SPARK_APPLICATION, False)]


def test_nothing_is_rebuilt_while_a_driver_is_left() -> None:
    cluster = _running()
    cluster.add_pod("majors-exec-1", "executor")
    cluster.change(window="5m")
    cluster.settle()
    assert _step(cluster) == "StoppingJob"
    assert not cluster.names(JOB)
    del cluster.objects[next(ref for ref in cluster.objects if ref.kind == POD)]
    cluster.settle()
    assert _step(cluster) == "Rebuilding"


def test_a_change_taken_back_while_the_job_stops_costs_only_a_restart() -> None:
    cluster = _running()
    stored = cluster.resource["status"]["checkpointHash"]
    cluster.add_pod("majors-exec-1", "executor")
    cluster.change(window="5m")
    cluster.settle()
    cluster.change(window="2m")
    cluster.settle()
    assert _step(cluster) == "StoppingJob", "the former driver and its executors are still there"
    assert not cluster.names(SPARK_APPLICATION)
    assert "taken back" in cluster.condition("JobRunning")["message"]
    del cluster.objects[next(ref for ref in cluster.objects if ref.kind == POD)]
    cluster.settle()
    assert _step(cluster) == "StartingJob"
    cluster.let_parts_work()
    cluster.settle()
    assert _step(cluster) is None
    assert cluster.condition("Ready")["status"] == "True"
    steps = {plan.status.upgrade.step for plan in cluster.history if plan.status and plan.status.upgrade}
    assert steps == {"StoppingJob", "StartingJob"}
    assert not cluster.names(JOB)
    assert cluster.resource["status"]["checkpointHash"] == stored


def test_a_change_taken_back_and_made_again_while_the_job_stops_is_rebuilt() -> None:
    cluster = _running()
    cluster.add_pod("majors-exec-1", "executor")
    for window in ("5m", "2m", "5m"):
        cluster.change(window=window)
        cluster.settle()
        assert _step(cluster) == "StoppingJob"
    del cluster.objects[next(ref for ref in cluster.objects if ref.kind == POD)]
    cluster.settle()
    assert _step(cluster) == "Rebuilding"


def test_a_change_taken_back_while_the_job_starts_again_is_only_a_change_once_more() -> None:
    cluster = _running()
    cluster.change(window="5m")
    cluster.settle()
    cluster.let_parts_work()
    cluster.settle()
    assert _step(cluster) == "StartingJob"
    cluster.change(window="2m")
    cluster.settle()
    assert _step(cluster) == "Rebuilding", "what is stored has the other lengths by now"


def test_a_change_taken_back_during_the_rebuild_is_rebuilt_too() -> None:
    cluster = _running()
    cluster.change(window="5m")
    cluster.settle()
    first = cluster.names(JOB)
    cluster.change(window="2m")
    cluster.settle()
    assert _step(cluster) == "Rebuilding"
    assert cluster.names(JOB) not in (first, set())


def test_a_change_that_follows_another_is_rebuilt_by_a_job_of_its_own_run() -> None:
    cluster = _running()
    for window in ("5m", "2m", "5m"):
        cluster.change(window=window)
        cluster.settle()
        assert _step(cluster) == "Rebuilding"
        [job] = [live for ref, live in cluster.objects.items() if ref.kind == JOB]
        assert "status" not in job
        cluster.let_parts_work()
        cluster.settle()
        cluster.let_parts_work()
        cluster.settle()
        assert cluster.condition("Ready")["status"] == "True"


def test_a_suspended_stream_is_rebuilt_and_stays_suspended() -> None:
    cluster = _running()
    cluster.change(window="5m", suspend=True)
    for _ in range(3):
        cluster.settle()
        cluster.let_parts_work()
    cluster.settle()
    assert _step(cluster) is None
    assert cluster.phase == "Suspended"


@pytest.mark.parametrize("write", ["status", "everything"])
def test_a_crash_in_any_step_is_gone_on_from(write: str) -> None:
    """After each plan another operator goes on, once with only the status written, once with all."""
    cluster = _running()
    cluster.change(window="5m")
    for _ in range(20):
        plan = cluster.plan()
        if plan.actions == 0:
            cluster.let_parts_work()
            continue
        if write == "status" and plan.status is not None:
            cluster.resource["status"] = plan.status.model_dump(mode="json", by_alias=True, exclude_none=True)
            plan = cluster.plan()
        cluster.carry_out(copy.deepcopy(plan))
    assert cluster.condition("Ready")["status"] == "True"
    assert _step(cluster) is None
